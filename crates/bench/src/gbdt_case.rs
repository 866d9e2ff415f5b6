use serde::{Deserialize, Serialize};
use tidemark_indicators::{Column, LabelSpec, columns, labels};
use tidemark_models::gbdt::{GbdtParams, Objective};
use tidemark_testkit::{PlantedTable, sp500};

/// Settings that both trainers are given.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Boosting rounds.
    pub rounds: usize,
    /// Leaves a tree.
    pub num_leaves: usize,
    /// Learning rate.
    pub learning_rate: f64,
    /// Fewest rows in a leaf.
    pub min_data_in_leaf: usize,
    /// Bins a feature.
    pub max_bins: usize,
}

/// 200 rounds of 31 leaves at rate 0.1, no sampling, no penalty: the defaults most comparisons use.
#[must_use]
pub fn settings() -> Settings {
    Settings {
        rounds: 200,
        num_leaves: 31,
        learning_rate: 0.1,
        min_data_in_leaf: 20,
        max_bins: 255,
    }
}

impl Settings {
    /// The same settings for our trainer.
    #[must_use]
    pub fn params(&self) -> GbdtParams {
        GbdtParams {
            rounds: self.rounds,
            num_leaves: self.num_leaves,
            learning_rate: self.learning_rate,
            min_data_in_leaf: self.min_data_in_leaf,
            max_bins: self.max_bins,
            max_depth: 64,
            lambda_l2: 0.0,
            bagging_fraction: 1.0,
            feature_fraction: 1.0,
            ..GbdtParams::default()
        }
    }
}

/// One data set: the first `fit_rows` rows are fitted, the others held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GbdtCase {
    /// Short name.
    pub name: String,
    /// Whether labels are classes (log loss) or numbers (squared loss).
    pub is_binary: bool,
    /// Features a row.
    pub width: usize,
    /// Rows to fit.
    pub fit_rows: usize,
    /// Row-major features.
    #[serde(skip)]
    pub inputs: Vec<f64>,
    /// Targets.
    #[serde(skip)]
    pub labels: Vec<f64>,
}

impl GbdtCase {
    /// The loss both trainers minimise.
    #[must_use]
    pub fn objective(&self) -> Objective {
        if self.is_binary {
            Objective::LogLoss
        } else {
            Objective::Squared
        }
    }
}

/// The cases of the comparison; `shrink` divides the rows of the made tables.
#[must_use]
pub fn gbdt_cases(shrink: usize) -> Vec<GbdtCase> {
    let (fit_rows, held_out, width) = (100_000 / shrink, 20_000 / shrink, 30);
    let table = PlantedTable {
        rows: fit_rows + held_out,
        width,
        levels: 0,
        missing: 0.0,
        seed: 21,
    }
    .table();
    let made = |name: &str, is_binary, labels| GbdtCase {
        name: name.to_owned(),
        is_binary,
        width,
        fit_rows,
        inputs: table.inputs.clone(),
        labels,
    };
    vec![
        made("classification", true, table.binary.clone()),
        made("regression", false, table.numeric.clone()),
        returns(),
    ]
}

/// Twelve features of daily S&P 500 bars against the five-day direction, split in time with a gap of the label's
/// interval.
fn returns() -> GbdtCase {
    const GAP: usize = 6;
    let bars = sp500();
    let series = columns(&bars, &Column::FEATURES)
        .unwrap_or_else(|error| panic!("the market file has features: {error}"));
    let spec = LabelSpec::ForwardReturnSign { lag: 1, horizon: 5 };
    let matured = labels(&bars, &spec).unwrap_or_else(|error| panic!("the market file has labels: {error}"));
    let labelled: Vec<(usize, f64)> = matured
        .iter()
        .enumerate()
        .filter_map(|(t, label)| label.as_ref().map(|label| (t, label.value)))
        .filter(|(t, _)| series.iter().all(|column| column[*t].is_finite()))
        .collect();
    let fit_rows = labelled.len() * 7 / 10;
    let kept = labelled[..fit_rows].iter().chain(&labelled[fit_rows + GAP..]);
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for (t, label) in kept {
        inputs.extend(series.iter().map(|column| column[*t]));
        targets.push(*label);
    }
    GbdtCase {
        name: "sp500".to_owned(),
        is_binary: true,
        width: 12,
        fit_rows,
        inputs,
        labels: targets,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_have_held_out_rows_of_their_width() {
        for case in gbdt_cases(100) {
            assert_eq!(case.inputs.len(), case.labels.len() * case.width, "{}", case.name);
            assert!(
                case.fit_rows > 900 && case.labels.len() > case.fit_rows + 100,
                "{}",
                case.name
            );
        }
        assert!(settings().params().check().is_ok());
    }
}
