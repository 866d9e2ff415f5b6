//! Laying out an anchored, purged and embargoed walk forward, or the one fold of a refit (López de Prado 2018,
//! chapter 7: purging by label interval, embargo).

use std::ops::Range;

use super::{Fold, Split, TimeRange};
use crate::error::{Failure, FailureCode};
use crate::instant::format_instant;

/// What a split is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Choosing a recipe: folds with test blocks, then a gate.
    WalkForward {
        /// Number of test blocks.
        folds: usize,
        /// Rows of one test block.
        test_bars: usize,
    },
    /// Fitting a recipe that was chosen before: one fold without a test block, up to the end or to the gate.
    Refit,
}

impl Scheme {
    /// Rows of all test blocks.
    const fn test_rows(self) -> usize {
        match self {
            Self::WalkForward { folds, test_bars } => folds * test_bars,
            Self::Refit => 0,
        }
    }
}

/// How to cut the labelled rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitRule {
    /// What the split is for.
    pub scheme: Scheme,
    /// Rows before calibration that decide when to stop.
    pub early_stopping_bars: usize,
    /// Rows before the test block, the gate or the end that calibrate.
    pub calibration_bars: usize,
    /// Rows kept for the gate, the last ones. 0 in a refit on every row.
    pub gate_bars: usize,
    /// Rows dropped between slices beyond the purged ones.
    pub embargo_bars: usize,
    /// Least sum of uniqueness weights in the shortest fit slice.
    pub min_effective_samples: usize,
    /// Only labels that ended strictly before this instant are used, ms.
    pub until: i64,
}

/// What the planner needs to know of a usable labelled row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedRow {
    /// Event time, ms.
    pub event_time: i64,
    /// Event time of the bar at which the label is known, ms.
    pub label_end_time: i64,
    /// Average uniqueness of the label.
    pub weight: f64,
}

/// Plans the split over rows in order of time whose labels all ended before the rule's `until`.
///
/// From the end backwards: the gate, the test blocks, and before each test block its calibration and its early
/// stopping slice; everything earlier is the fold's fit slice. A slice ends before the first row whose label
/// reaches the next slice's first bar, and `embargo_bars` rows earlier still; the last slice of all ends with the last
/// row. Test blocks need no gap between them: together they are the choice slice, and no label of theirs reaches the
/// gate. In a refit calibration directly precedes the gate, or the end.
///
/// `bars_before_until` is only used to say how many bars would be enough.
///
/// # Errors
/// `INSUFFICIENT_DATA` when there are too few rows, `INVALID_JOB` when purging leaves nothing of a slice.
pub fn plan(rows: &[PlannedRow], rule: &SplitRule, bars_before_until: usize) -> Result<Split, Failure> {
    let tail = rule.gate_bars + rule.scheme.test_rows() + rule.calibration_bars + rule.early_stopping_bars;
    let shortage = |missing: usize| {
        let needed = bars_before_until.saturating_add(missing);
        Failure::insufficient(format!(
            "the split needs at least {needed} bars before {}, got {bars_before_until} ({} usable labelled rows); \
             supply {missing} more bars or ask for smaller slices",
            format_instant(rule.until),
            rows.len()
        ))
    };
    // A fit slice needs at least one row per effective sample, and loses the embargo and one more to purging.
    let least = tail + rule.min_effective_samples.max(1) + rule.embargo_bars + 1;
    if rows.len() < least {
        return Err(shortage(least - rows.len()));
    }
    let gate = rows.len() - rule.gate_bars..rows.len();
    let folds = plan_folds(rows, rule, gate.start)?;
    let shortest = fit_rows(rows, &folds);
    let effective: f64 = shortest.iter().map(|row| row.weight).sum();
    let wanted = rule.min_effective_samples as f64;
    if effective < wanted {
        let per_row = (effective / shortest.len() as f64).max(f64::MIN_POSITIVE);
        return Err(shortage(((wanted - effective) / per_row).ceil() as usize));
    }
    Ok(Split {
        folds,
        gate: (!gate.is_empty()).then(|| time_range(rows, &gate)),
    })
}

fn fit_rows<'a>(rows: &'a [PlannedRow], folds: &[Fold]) -> &'a [PlannedRow] {
    let end = folds
        .first()
        .map_or(0, |fold| rows.partition_point(|row| row.event_time < fold.fit.to));
    &rows[..end]
}

fn plan_folds(rows: &[PlannedRow], rule: &SplitRule, gate_start: usize) -> Result<Vec<Fold>, Failure> {
    let Scheme::WalkForward { folds, test_bars } = rule.scheme else {
        return Ok(vec![plan_fold(rows, rule, 0, gate_start)?]);
    };
    let walk = |fold| {
        let test = gate_start - (folds - fold) * test_bars;
        let planned = plan_fold(rows, rule, fold, test)?;
        let embargo = if fold + 1 == folds { rule.embargo_bars } else { 0 };
        let test = purged(rows, ("test", fold), test..test + test_bars, gate_start, embargo)?;
        Ok(Fold {
            test: Some(test),
            ..planned
        })
    };
    (0..folds).map(walk).collect()
}

/// Fit, early stopping and calibration before row `end`.
fn plan_fold(rows: &[PlannedRow], rule: &SplitRule, fold: usize, end: usize) -> Result<Fold, Failure> {
    let calibration = end - rule.calibration_bars;
    let early_stopping = calibration - rule.early_stopping_bars;
    let slice = |name, slice: Range<usize>| {
        let next = slice.end;
        purged(rows, (name, fold), slice, next, rule.embargo_bars)
    };
    Ok(Fold {
        fit: slice("fit", 0..early_stopping)?,
        early_stopping: Some(slice("earlyStopping", early_stopping..calibration)?),
        calibration: Some(slice("calibration", calibration..end)?),
        test: None,
    })
}

/// The span of a slice whose labels may not reach row `next`.
fn purged(
    rows: &[PlannedRow],
    (name, fold): (&str, usize),
    slice: Range<usize>,
    next: usize,
    embargo: usize,
) -> Result<TimeRange, Failure> {
    let kept = purge(rows, slice.clone(), next, embargo);
    if kept.is_empty() {
        return Err(Failure::new(
            FailureCode::InvalidJob,
            format!(
                "split: the {name} slice of fold {fold} has {} rows and none is left after purging overlapping labels \
                 and {embargo} embargo rows; ask for longer slices or a smaller embargo",
                slice.len(),
            ),
        ));
    }
    Ok(time_range(rows, &kept))
}

/// Cuts a slice before its first row whose label reaches the bar of row `next`, then by the embargo. Nothing is cut
/// where there is no such row.
fn purge(rows: &[PlannedRow], slice: Range<usize>, next: usize, embargo: usize) -> Range<usize> {
    let Some(next) = rows.get(next) else { return slice };
    let kept = rows[slice.clone()]
        .iter()
        .position(|row| row.label_end_time >= next.event_time)
        .unwrap_or(slice.len());
    slice.start..slice.start + kept.saturating_sub(embargo)
}

/// The half-open span that holds exactly these rows.
fn time_range(rows: &[PlannedRow], slice: &Range<usize>) -> TimeRange {
    let to = rows
        .get(slice.end)
        .map_or_else(|| rows[slice.end - 1].event_time + 1, |row| row.event_time);
    TimeRange {
        from: rows[slice.start].event_time,
        to,
    }
}
