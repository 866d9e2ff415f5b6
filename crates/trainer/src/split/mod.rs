//! Which rows serve which purpose, in time: fit, early stopping, calibration, choice, gate.

mod check;
mod planner;

use serde::{Deserialize, Serialize};
use tidemark_models::SliceNeeds;

pub use check::check;
pub use planner::{PlannedRow, Scheme, SplitRule, plan};

use crate::instant::{format_instant, parse_instant};

/// A half-open span of event times, `from ≤ t < to`, in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RangeText", into = "RangeText")]
pub struct TimeRange {
    /// First instant inside.
    pub from: i64,
    /// First instant after.
    pub to: i64,
}

impl TimeRange {
    /// Whether an event time lies inside.
    #[must_use]
    pub const fn contains(&self, time: i64) -> bool {
        self.from <= time && time < self.to
    }
}

/// The wire form of [`TimeRange`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeText {
    from: String,
    to: String,
}

impl TryFrom<RangeText> for TimeRange {
    type Error = String;

    fn try_from(text: RangeText) -> Result<Self, Self::Error> {
        let read = |value: &str| {
            parse_instant(value)
                .ok_or_else(|| format!("expected an instant such as 2017-01-01T00:00:00Z, got {value:?}"))
        };
        let range = Self {
            from: read(&text.from)?,
            to: read(&text.to)?,
        };
        if range.from < range.to {
            Ok(range)
        } else {
            Err("expected from before to".to_owned())
        }
    }
}

impl From<TimeRange> for RangeText {
    fn from(range: TimeRange) -> Self {
        Self {
            from: format_instant(range.from),
            to: format_instant(range.to),
        }
    }
}

/// One step of a split. The spans follow one another in time, purged and embargoed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fold {
    /// Parameters are estimated here; starts at the first usable row (anchored).
    pub fit: TimeRange,
    /// Decides when to stop. Absent where a refit has joined it to `fit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<TimeRange>,
    /// Calibrates the output. Absent where a refit has joined it to the slice before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<TimeRange>,
    /// Scores the recipe; part of the choice between families. A refit chooses nothing and has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<TimeRange>,
}

impl Fold {
    /// The spans there are, in order of time, with their names on the wire.
    pub fn slices(&self) -> impl Iterator<Item = (&'static str, TimeRange)> + use<> {
        [
            ("fit", Some(self.fit)),
            ("earlyStopping", self.early_stopping),
            ("calibration", self.calibration),
            ("test", self.test),
        ]
        .into_iter()
        .filter_map(|(name, range)| Some((name, range?)))
    }

    /// First instant after everything the model of this fold depends on.
    #[must_use]
    pub fn seen_until(&self) -> i64 {
        let last = self.calibration.or(self.early_stopping).unwrap_or(self.fit);
        last.to
    }

    /// Joins each slice that the family does not need to the one before it, with the rows purged between them: within
    /// one slice labels may overlap.
    fn joined(mut self, needs: SliceNeeds) -> Self {
        if !needs.early_stopping
            && let Some(span) = self.early_stopping.take()
        {
            self.fit.to = span.to;
        }
        if !needs.calibration
            && let Some(span) = self.calibration.take()
        {
            self.early_stopping.as_mut().unwrap_or(&mut self.fit).to = span.to;
        }
        self
    }
}

/// A complete plan: a walk forward, or a refit, which is one fold without a test block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Split {
    /// Folds in order of time; the model of the last one is the candidate.
    pub folds: Vec<Fold>,
    /// Kept for the gate: nothing here is fitted on, stopped on, calibrated on or chosen by. Absent where a refit takes
    /// every row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<TimeRange>,
}

impl Split {
    /// Whether the recipe was chosen before: nothing is scored.
    #[must_use]
    pub fn is_refit(&self) -> bool {
        self.folds.iter().all(|fold| fold.test.is_none())
    }

    /// First instant after every row of the split.
    #[must_use]
    pub fn end(&self) -> Option<i64> {
        let last = self
            .folds
            .iter()
            .flat_map(Fold::slices)
            .map(|(_, range)| range.to)
            .max();
        self.gate.map(|gate| gate.to).max(last)
    }

    /// The split as this family uses it. In a refit, rows it would set aside for nothing join the fit; in a walk
    /// forward they stay out, so that the families are compared on fits over the same rows.
    #[must_use]
    pub fn for_family(&self, needs: SliceNeeds) -> Self {
        if !self.is_refit() {
            return self.clone();
        }
        Self {
            folds: self.folds.iter().map(|fold| fold.joined(needs)).collect(),
            gate: self.gate,
        }
    }
}
