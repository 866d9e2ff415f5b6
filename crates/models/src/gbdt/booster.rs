//! The boosting loop.

use super::binning::BinnedMatrix;
use super::check::{check_fit, check_rows};
use super::grower::{Grower, GrownTree, bins_left};
use super::histogram::QuantisedGradients;
use super::objective::Objective;
use super::params::CheckedGbdtParams;
use super::sampling::{select, share_of};
use super::tree::{Child, Tree};
use crate::{ModelError, Result};
use tidemark_core::Rng;

/// Rows to boost on: row-major inputs, one label and one weight a row.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    /// Features a row.
    pub width: usize,
    /// `labels.len() × width` values; NaN is a missing value, infinities are refused.
    pub inputs: &'a [f64],
    /// Targets; 0 or 1 for log loss.
    pub labels: &'a [f64],
    /// Positive sample weights.
    pub weights: &'a [f64],
}

/// What one round did to the losses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Rounds done, this one included.
    pub done: usize,
    /// Mean loss of the early-stopping rows, where there are any.
    pub stop_loss: Option<f64>,
}

/// A fitted ensemble: `score(row) = base_score + Σ tree(row)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Booster {
    /// Loss it was fitted to.
    pub objective: Objective,
    /// Score before the first tree.
    pub base_score: f64,
    /// Trees up to the best round.
    pub trees: Vec<Tree>,
    /// Rounds that were run, those after the best one included.
    pub rounds_run: usize,
    /// Features of a row.
    pub width: usize,
}

impl Booster {
    /// Raw score of one row; trees are added in order.
    #[must_use]
    pub fn score(&self, row: &[f64]) -> f64 {
        self.trees.iter().map(|tree| tree.predict(row)).sum::<f64>() + self.base_score
    }

    /// Total gain of the splits on each feature.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.width];
        for node in self.trees.iter().flat_map(|tree| &tree.nodes) {
            gains[node.feature] += node.gain;
        }
        gains
    }
}

/// Fits an ensemble.
///
/// With `stop` rows, boosting ends once their loss has not improved for `early_stopping_rounds` rounds and the trees up to
/// the best round are kept — none, if no tree beat the constant score. Without them every round is kept.
/// `on_round` sees each round and returns whether to go on. One thread; the same input and seed give the same bits.
///
/// # Errors
/// [`ModelError::InvalidRows`] for shapes, labels, weights or infinite values, [`ModelError::Insufficient`] with fewer rows
/// than two leaves need, [`ModelError::Degenerate`] when there is one class only, a feature without any value, or no
/// feature that varies, [`ModelError::Cancelled`] when `on_round` returns false.
pub fn train(
    params: &CheckedGbdtParams,
    objective: Objective,
    fit: &TrainingRows<'_>,
    stop: Option<&TrainingRows<'_>>,
    seed: u64,
    on_round: &mut dyn FnMut(Round) -> bool,
) -> Result<Booster> {
    check_rows(objective, fit)?;
    check_fit(params, objective, fit)?;
    if let Some(stop) = stop {
        check_rows(objective, stop)?;
    }
    let matrix = BinnedMatrix::fit(fit.inputs, fit.width, params);
    if matrix.features.iter().all(|feature| feature.bins() == 1) {
        return Err(ModelError::Degenerate {
            message: "every feature is constant in the fit rows".to_owned(),
        });
    }
    let base_score = objective.base_score(fit.labels, fit.weights);
    let mut state = Boosting::new(params, objective, fit, base_score);
    let mut stopping = stop.map(|rows| Stopping::new(objective, *rows, base_score));
    let mut grower = Grower::new(&matrix, params);
    let mut trees = Vec::new();
    let mut rounds_run = 0;
    while rounds_run < params.rounds {
        state.sample(seed, rounds_run as u64);
        let grown = state.round(&mut grower);
        state.advance(&matrix, &grown);
        trees.push(grown.tree);
        rounds_run += 1;
        let stop_loss = stopping.as_mut().map(|stopping| stopping.observe(&trees));
        if !on_round(Round {
            done: rounds_run,
            stop_loss,
        }) {
            return Err(ModelError::Cancelled);
        }
        if stopping
            .as_ref()
            .is_some_and(|s| rounds_run - s.best_round >= params.early_stopping_rounds)
        {
            break;
        }
    }
    if let Some(stopping) = stopping {
        trees.truncate(stopping.best_round);
    }
    Ok(Booster {
        objective,
        base_score,
        trees,
        rounds_run,
        width: fit.width,
    })
}

/// Scores and samples of the fit rows between rounds.
struct Boosting<'a> {
    params: &'a CheckedGbdtParams,
    objective: Objective,
    rows: TrainingRows<'a>,
    scores: Vec<f64>,
    pairs: Vec<[f64; 2]>,
    gradients: QuantisedGradients,
    in_bag: Vec<u32>,
    out_of_bag: Vec<u32>,
    features: Vec<usize>,
}

impl<'a> Boosting<'a> {
    fn new(
        params: &'a CheckedGbdtParams,
        objective: Objective,
        rows: &TrainingRows<'a>,
        base_score: f64,
    ) -> Self {
        let n = rows.labels.len();
        Self {
            params,
            objective,
            rows: *rows,
            scores: vec![base_score; n],
            pairs: vec![[0.0; 2]; n],
            gradients: QuantisedGradients::with_rows(n),
            in_bag: Vec::with_capacity(n),
            out_of_bag: Vec::new(),
            features: Vec::with_capacity(rows.width),
        }
    }

    /// Draws the rows and features of a round from their own streams, so that a round does not depend on earlier draws.
    fn sample(&mut self, seed: u64, round: u64) {
        let frequency = self.params.bagging_frequency as u64;
        if round.is_multiple_of(frequency) {
            let n = self.rows.labels.len();
            let keep = share_of(n, self.params.bagging_fraction);
            let mut rng = Rng::stream(seed, 2 * (round / frequency));
            self.in_bag.clear();
            self.out_of_bag.clear();
            select(n, keep, &mut rng, |row, is_kept| {
                if is_kept {
                    self.in_bag.push(row as u32);
                } else {
                    self.out_of_bag.push(row as u32);
                }
            });
        }
        let width = self.rows.width;
        let keep = share_of(width, self.params.feature_fraction);
        let mut rng = Rng::stream(seed, 2 * round + 1);
        self.features.clear();
        select(width, keep, &mut rng, |feature, is_kept| {
            if is_kept {
                self.features.push(feature);
            }
        });
    }

    fn round<'g>(&mut self, grower: &'g mut Grower<'_>) -> GrownTree<'g> {
        self.objective
            .gradients(&self.scores, self.rows.labels, self.rows.weights, &mut self.pairs);
        self.gradients.quantise(&self.pairs);
        grower.grow(&self.gradients, &self.in_bag, &self.features)
    }

    /// Adds the new tree to the scores: by leaf for the rows it was grown on, by bins for the others.
    fn advance(&mut self, matrix: &BinnedMatrix, grown: &GrownTree<'_>) {
        for (rows, value) in grown.leaf_rows.iter().zip(&grown.tree.leaves) {
            for row in *rows {
                self.scores[*row as usize] += value;
            }
        }
        if self.out_of_bag.is_empty() {
            return;
        }
        let tables: Vec<[bool; 256]> = grown
            .tree
            .nodes
            .iter()
            .zip(&grown.threshold_bins)
            .map(|(node, bin)| bins_left(matrix, node.feature, *bin, node.missing_left))
            .collect();
        for &row in &self.out_of_bag {
            let mut at = if tables.is_empty() {
                Child::Leaf(0)
            } else {
                Child::Node(0)
            };
            while let Child::Node(index) = at {
                let node = &grown.tree.nodes[index as usize];
                let bin = matrix.columns[node.feature][row as usize];
                at = if tables[index as usize][usize::from(bin)] {
                    node.left
                } else {
                    node.right
                };
            }
            if let Child::Leaf(leaf) = at {
                self.scores[row as usize] += grown.tree.leaves[leaf as usize];
            }
        }
    }
}

/// Scores of the early-stopping rows and the best round so far.
struct Stopping<'a> {
    objective: Objective,
    rows: TrainingRows<'a>,
    scores: Vec<f64>,
    best_loss: f64,
    best_round: usize,
}

impl<'a> Stopping<'a> {
    fn new(objective: Objective, rows: TrainingRows<'a>, base_score: f64) -> Self {
        let scores = vec![base_score; rows.labels.len()];
        let best_loss = objective.mean_loss(&scores, rows.labels, rows.weights);
        Self {
            objective,
            rows,
            scores,
            best_loss,
            best_round: 0,
        }
    }

    fn observe(&mut self, trees: &[Tree]) -> f64 {
        if let Some(tree) = trees.last() {
            for (score, row) in self
                .scores
                .iter_mut()
                .zip(self.rows.inputs.chunks_exact(self.rows.width))
            {
                *score += tree.predict(row);
            }
        }
        let loss = self
            .objective
            .mean_loss(&self.scores, self.rows.labels, self.rows.weights);
        if loss < self.best_loss {
            self.best_loss = loss;
            self.best_round = trees.len();
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::super::params::GbdtParams;
    use super::*;
    use tidemark_testkit::PlantedTable;

    fn params() -> CheckedGbdtParams {
        GbdtParams {
            rounds: 30,
            min_data_in_leaf: 20,
            learning_rate: 0.1,
            ..GbdtParams::default()
        }
        .check()
        .unwrap()
    }

    fn rows(table: &tidemark_testkit::Table) -> TrainingRows<'_> {
        let (inputs, labels, weights) = (&table.inputs, &table.binary, &table.weights);
        TrainingRows {
            width: table.width,
            inputs,
            labels,
            weights,
        }
    }

    fn table(rows: usize, seed: u64) -> tidemark_testkit::Table {
        PlantedTable {
            rows,
            width: 10,
            levels: 0,
            missing: 0.1,
            seed,
        }
        .table()
    }

    #[test]
    fn running_scores_equal_the_score_of_the_raw_row_in_and_out_of_the_bag() {
        let (table, params) = (table(1_000, 1), params());
        let rows = rows(&table);
        let matrix = BinnedMatrix::fit(rows.inputs, rows.width, &params);
        let mut state = Boosting::new(&params, Objective::LogLoss, &rows, 0.25);
        let mut grower = Grower::new(&matrix, &params);
        let mut trees = Vec::new();
        for round in 0..10 {
            state.sample(3, round);
            assert_eq!(
                (state.in_bag.len(), state.out_of_bag.len(), state.features.len()),
                (700, 300, 7)
            );
            let grown = state.round(&mut grower);
            state.advance(&matrix, &grown);
            trees.push(grown.tree);
        }
        let booster = Booster {
            objective: Objective::LogLoss,
            base_score: 0.25,
            trees,
            rounds_run: 10,
            width: 10,
        };
        for (row, score) in table.inputs.chunks(10).zip(&state.scores) {
            assert!((booster.score(row) - score).abs() < 1e-12);
        }
    }

    #[test]
    fn stopping_keeps_the_trees_up_to_the_least_loss() {
        let (fit, stop) = (table(800, 1), table(400, 2));
        let mut losses = Vec::new();
        let params = GbdtParams {
            rounds: 400,
            learning_rate: 0.5,
            early_stopping_rounds: 7,
            ..(*params()).clone()
        };
        let checked = params.check().unwrap();
        let booster = train(
            &checked,
            Objective::LogLoss,
            &rows(&fit),
            Some(&rows(&stop)),
            1,
            &mut |round| {
                losses.extend(round.stop_loss);
                true
            },
        )
        .unwrap();
        let best = (0..losses.len())
            .min_by(|a, b| losses[*a].total_cmp(&losses[*b]))
            .unwrap();
        assert_eq!(booster.trees.len(), best + 1);
        assert_eq!(booster.rounds_run, best + 1 + 7);
    }

    #[test]
    fn a_callback_ends_the_fit() {
        let fit = table(200, 1);
        let mut rounds = 0;
        let result = train(
            &params(),
            Objective::LogLoss,
            &rows(&fit),
            None,
            1,
            &mut |round| {
                rounds = round.done;
                round.done < 3
            },
        );
        assert!(matches!(result, Err(ModelError::Cancelled)));
        assert_eq!(rounds, 3);
    }
}
