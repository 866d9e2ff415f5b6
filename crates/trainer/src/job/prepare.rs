//! The `prepare` job: bars as known at an instant become a dataset and a split.

use std::path::PathBuf;
use std::str::FromStr;

use tidemark_indicators::{Column, LabelSpec};

use super::reader::{Fields, MAX_SAFE_INTEGER};
use super::{Limits, PARITY_ROWS, read_label, read_limits};
use crate::split::{Scheme, SplitRule};

/// Rows of one slice at most; thousands of years of daily bars.
const MOST_BARS: u64 = 10_000_000;
const MOST_FOLDS: u64 = 1000;

/// A checked `prepare` job.
#[derive(Debug, Clone, PartialEq)]
pub struct PrepareJob {
    /// The bars file.
    pub bars: PathBuf,
    /// What is forecast.
    pub label: LabelSpec,
    /// Feature columns of the dataset, in order.
    pub columns: Vec<Column>,
    /// Whether the matured label rate becomes a column too.
    pub label_rate: bool,
    /// How to cut the rows.
    pub split: SplitRule,
    /// Nothing known after this instant is used, ms.
    pub as_of: i64,
    /// Seed of the run. Preparing draws no random numbers; the field keeps both commands alike.
    pub seed: u64,
    /// What the job may use.
    pub limits: Limits,
    /// Where the artifacts go.
    pub output_dir: PathBuf,
}

const FIELDS: [&str; 11] = [
    "contractVersion",
    "command",
    "bars",
    "label",
    "columns",
    "labelRate",
    "split",
    "asOf",
    "seed",
    "limits",
    "outputDir",
];

pub(super) fn read(fields: &Fields<'_>) -> Option<PrepareJob> {
    fields.only(&FIELDS);
    let bars = fields.absolute_path("bars");
    let label = read_label(fields);
    let columns = fields.list("columns", "the name of a feature column", |name| {
        Column::from_str(name).ok()
    });
    check_columns(fields, columns.as_deref());
    let label_rate = fields.boolean("labelRate");
    if label_rate == Some(true) && label == Some(LabelSpec::NextSquaredReturn) {
        fields.problem("labelRate", "a matured label rate needs a label of 0 or 1");
    }
    let split = fields.object("split").and_then(|split| read_rule(&split));
    let as_of = fields.instant("asOf");
    let seed = fields.integer("seed", 0, MAX_SAFE_INTEGER);
    let limits = read_limits(fields);
    let output_dir = fields.absolute_path("outputDir");
    Some(PrepareJob {
        bars: bars?,
        label: label?,
        columns: columns?,
        label_rate: label_rate?,
        split: split?,
        as_of: as_of?,
        seed: seed?,
        limits: limits?,
        output_dir: output_dir?,
    })
}

fn check_columns(fields: &Fields<'_>, columns: Option<&[Column]>) {
    let Some(columns) = columns else { return };
    if columns.is_empty() {
        fields.problem("columns", "expected at least one column");
    }
    for (index, column) in columns.iter().enumerate() {
        if columns[..index].contains(column) {
            fields.problem(&format!("columns/{index}"), format!("{column} is listed twice"));
        }
    }
}

const REFIT_FIELDS: [&str; 7] = [
    "scheme",
    "earlyStoppingBars",
    "calibrationBars",
    "gateBars",
    "embargoBars",
    "minEffectiveSamples",
    "until",
];
const WALK_FORWARD_FIELDS: [&str; 9] = [
    "scheme",
    "folds",
    "testBars",
    "earlyStoppingBars",
    "calibrationBars",
    "gateBars",
    "embargoBars",
    "minEffectiveSamples",
    "until",
];

fn read_rule(rule: &Fields<'_>) -> Option<SplitRule> {
    let (scheme, gate) = match rule.text("scheme") {
        Some("refit") => read_refit(rule),
        Some("walk_forward") | None => read_walk_forward(rule),
        Some(other) => {
            rule.problem("scheme", format!("expected walk_forward or refit, got {other:?}"));
            (None, None)
        }
    };
    let [early_stopping, calibration] =
        ["earlyStoppingBars", "calibrationBars"].map(|name| rule.integer(name, 1, MOST_BARS));
    let embargo = rule.integer("embargoBars", 0, MOST_BARS);
    let effective = rule.integer("minEffectiveSamples", 1, MOST_BARS);
    let until = rule.instant("until");
    Some(SplitRule {
        scheme: scheme?,
        early_stopping_bars: early_stopping? as usize,
        calibration_bars: calibration? as usize,
        gate_bars: gate? as usize,
        embargo_bars: embargo? as usize,
        min_effective_samples: effective? as usize,
        until: until?,
    })
}

fn read_refit(rule: &Fields<'_>) -> (Option<Scheme>, Option<u64>) {
    rule.only(&REFIT_FIELDS);
    (Some(Scheme::Refit), rule.integer("gateBars", 0, MOST_BARS))
}

fn read_walk_forward(rule: &Fields<'_>) -> (Option<Scheme>, Option<u64>) {
    rule.only(&WALK_FORWARD_FIELDS);
    let folds = rule.integer("folds", 1, MOST_FOLDS);
    let [test, gate] = ["testBars", "gateBars"].map(|name| rule.integer(name, 1, MOST_BARS));
    if let (Some(test), Some(gate)) = (test, gate)
        && ((test + gate) as usize) < PARITY_ROWS
    {
        let message =
            format!("testBars + gateBars must be at least {PARITY_ROWS}, the rows of the parity gate");
        rule.problem("testBars", message);
    }
    let scheme = folds.zip(test).map(|(folds, test_bars)| Scheme::WalkForward {
        folds: folds as usize,
        test_bars: test_bars as usize,
    });
    (scheme, gate)
}
