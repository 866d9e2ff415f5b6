//! The boosted trees against LightGBM (`tests/golden/models_direction.json`).
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(clippy::unwrap_used, reason = "a test has no better way to fail")]

use tidemark_models::gbdt::{Booster, Child, GbdtParams, Node, Objective, TrainingRows, train};
use tidemark_testkit::{Golden, PlantedTable, Table, assert_close, sp500};

/// LightGBM's own defaults where they differ from ours.
fn lightgbm_params() -> GbdtParams {
    GbdtParams {
        rounds: 100,
        learning_rate: 0.1,
        num_leaves: 31,
        max_depth: 64,
        min_data_in_leaf: 20,
        lambda_l2: 0.0,
        bagging_fraction: 1.0,
        feature_fraction: 1.0,
        ..GbdtParams::default()
    }
}

fn fit(params: &GbdtParams, objective: Objective, rows: &TrainingRows<'_>) -> Booster {
    train(&params.check().unwrap(), objective, rows, None, 1, &mut |_| true).unwrap()
}

fn targets(table: &Table, objective: Objective) -> &[f64] {
    if objective == Objective::LogLoss {
        &table.binary
    } else {
        &table.numeric
    }
}

/// On 20-level features both programs see the same bins; gradients differ by rounding only (LightGBM keeps f32, we keep
/// 30-bit integers), so the trees must be the same and scores agree to the accuracy of f32 sums.
fn check_exact(group: &str, objective: Objective, missing: f64, weighted: bool) {
    let golden = Golden::load("models_direction", group);
    let table = PlantedTable {
        rows: 3_000,
        width: 10,
        levels: 20,
        missing,
        seed: 11,
    }
    .table();
    let ones = vec![1.0; 3_000];
    let params = GbdtParams {
        rounds: 25,
        num_leaves: 15,
        lambda_l2: 1.0,
        min_data_in_leaf: 1,
        min_data_in_bin: 1,
        min_child_weight: 5.0,
        ..lightgbm_params()
    };
    let rows = TrainingRows {
        width: 10,
        inputs: &table.inputs,
        labels: targets(&table, objective),
        weights: if weighted { &table.weights } else { &ones },
    };
    let booster = fit(&params, objective, &rows);
    check_root(&booster.trees[0].nodes[0], &golden, 1e-5);
    for (row, expected) in table.inputs.chunks(10).zip(golden.list("scores")) {
        let actual = booster.score(row);
        assert!(
            (actual - expected).abs() < 2e-5,
            "{group}: score {actual}, LightGBM {expected}"
        );
    }
}

fn check_root(root: &Node, golden: &Golden, tolerance: f64) {
    assert_eq!(root.feature as f64, golden.number("root_feature"));
    assert_close(
        "threshold",
        root.threshold,
        golden.number("root_threshold"),
        1e-12,
    );
    assert_close("gain", root.gain, golden.number("root_gain"), tolerance);
}

#[test]
fn log_loss_trees_equal_lightgbm_on_equal_bins() {
    check_exact("gbdt_exact_binary", Objective::LogLoss, 0.0, false);
}

#[test]
fn weighted_trees_equal_lightgbm_on_equal_bins() {
    check_exact("gbdt_exact_binary_weighted", Objective::LogLoss, 0.0, true);
}

#[test]
fn trees_with_missing_values_equal_lightgbm_on_equal_bins() {
    check_exact("gbdt_exact_binary_missing", Objective::LogLoss, 0.1, false);
}

#[test]
fn squared_loss_trees_equal_lightgbm_on_equal_bins() {
    check_exact("gbdt_exact_squared", Objective::Squared, 0.0, false);
}

/// Continuous features: bins differ in detail and split choice is chaotic, so the held-out loss must not exceed
/// the worst of LightGBM's own losses over settings that should not matter (bin count, leaf size) by more than 1 %.
fn check_band(group: &str, objective: Objective, missing: f64, weighted: bool) {
    let golden = Golden::load("models_direction", group);
    let table = PlantedTable {
        rows: 24_000,
        width: 20,
        levels: 0,
        missing,
        seed: 5,
    }
    .table();
    let ones = vec![1.0; 24_000];
    let labels = targets(&table, objective);
    let weights = if weighted { &table.weights } else { &ones };
    let (fitted, held_out) = table.inputs.split_at(20_000 * 20);
    let rows = TrainingRows {
        width: 20,
        inputs: fitted,
        labels: &labels[..20_000],
        weights: &weights[..20_000],
    };
    let booster = fit(&lightgbm_params(), objective, &rows);
    let scores: Vec<f64> = held_out.chunks(20).map(|row| booster.score(row)).collect();
    let loss = objective.mean_loss(&scores, &labels[20_000..], &weights[20_000..]);
    let most = golden.number("most");
    assert!(
        loss <= 1.01 * most,
        "{group}: loss {loss}, LightGBM {} to {most}",
        golden.number("least")
    );
}

#[test]
fn log_loss_is_within_lightgbms_band() {
    check_band("gbdt_band_binary", Objective::LogLoss, 0.0, false);
}

#[test]
fn log_loss_with_missing_values_is_within_lightgbms_band() {
    check_band("gbdt_band_binary_missing", Objective::LogLoss, 0.1, false);
}

#[test]
fn squared_loss_is_within_lightgbms_band() {
    check_band("gbdt_band_squared", Objective::Squared, 0.0, false);
}

#[test]
fn weighted_squared_loss_is_within_lightgbms_band() {
    check_band("gbdt_band_squared_weighted", Objective::Squared, 0.0, true);
}

/// Five lags of daily returns, sign of the next one; the root split is clear enough to be the same.
#[test]
fn market_returns_give_lightgbms_root_and_loss() {
    let golden = Golden::load("models_direction", "gbdt_returns");
    let bars = sp500();
    let x: Vec<f64> = bars
        .windows(2)
        .map(|pair| 100.0 * (pair[1].close / pair[0].close - 1.0))
        .collect();
    let inputs: Vec<f64> = (5..x.len())
        .flat_map(|t| (1..=5).map(move |lag| t - lag))
        .map(|at| x[at])
        .collect();
    let labels: Vec<f64> = x[5..].iter().map(|x| f64::from(u8::from(*x > 0.0))).collect();
    let ones = vec![1.0; labels.len()];
    let params = GbdtParams {
        num_leaves: 15,
        learning_rate: 0.05,
        min_data_in_leaf: 50,
        ..lightgbm_params()
    };
    let rows = TrainingRows {
        width: 5,
        inputs: &inputs[..20_000],
        labels: &labels[..4_000],
        weights: &ones[..4_000],
    };
    let booster = fit(&params, Objective::LogLoss, &rows);
    let root = &booster.trees[0].nodes[0];
    assert_eq!(root.feature as f64, golden.number("root_feature"));
    // The neighbouring bounds may lie a few order statistics apart.
    assert!(
        (root.threshold - golden.number("root_threshold")).abs() < 0.02,
        "{}",
        root.threshold
    );
    assert_close("gain", root.gain, golden.number("root_gain"), 0.1);
    let scores: Vec<f64> = inputs[20_000..].chunks(5).map(|row| booster.score(row)).collect();
    let loss = Objective::LogLoss.mean_loss(&scores, &labels[4_000..], &ones[4_000..]);
    assert_close("log loss", loss, golden.number("loss"), 0.01);
}

/// Every child lies after its parent and every leaf is reached once.
#[test]
fn trees_are_well_formed() {
    let table = PlantedTable {
        rows: 2_000,
        width: 10,
        levels: 0,
        missing: 0.05,
        seed: 2,
    }
    .table();
    let ones = vec![1.0; 2_000];
    let rows = TrainingRows {
        width: 10,
        inputs: &table.inputs,
        labels: &table.binary,
        weights: &ones,
    };
    let booster = fit(
        &GbdtParams {
            max_depth: 5,
            ..lightgbm_params()
        },
        Objective::LogLoss,
        &rows,
    );
    for tree in &booster.trees {
        let mut seen = vec![0; tree.leaves.len()];
        let mut depth = vec![1; tree.nodes.len()];
        for (index, node) in tree.nodes.iter().enumerate() {
            assert!(node.gain > 0.0 && node.threshold.is_finite());
            for child in [node.left, node.right] {
                match child {
                    Child::Leaf(leaf) => seen[leaf as usize] += 1,
                    Child::Node(next) => {
                        assert!(next as usize > index);
                        depth[next as usize] = depth[index] + 1;
                    }
                }
            }
        }
        assert!(seen.iter().all(|count| *count == 1) && tree.leaves.len() == tree.nodes.len() + 1);
        assert!(depth.iter().all(|depth| *depth <= 5));
    }
}
