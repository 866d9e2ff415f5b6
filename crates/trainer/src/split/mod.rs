//! Which rows serve which purpose, in time: fit, early stopping, calibration, choice, gate.

mod check;
mod planner;

use serde::{Deserialize, Serialize};

pub use check::check;
pub use planner::{PlannedRow, SplitRule, plan};

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

/// One step of the walk forward. The four spans follow one another in time, purged and embargoed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fold {
    /// Parameters are estimated here; starts at the first usable row (anchored).
    pub fit: TimeRange,
    /// Decides when to stop.
    pub early_stopping: TimeRange,
    /// Calibrates the output.
    pub calibration: TimeRange,
    /// Scores the recipe; part of the choice between families.
    pub test: TimeRange,
}

impl Fold {
    /// The spans in order of time, with their names on the wire.
    #[must_use]
    pub const fn slices(&self) -> [(&'static str, TimeRange); 4] {
        [
            ("fit", self.fit),
            ("earlyStopping", self.early_stopping),
            ("calibration", self.calibration),
            ("test", self.test),
        ]
    }
}

/// A complete plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Folds in order of time; the model of the last one is the candidate.
    pub folds: Vec<Fold>,
    /// Kept for the gate: nothing here is fitted on, stopped on, calibrated on or chosen by.
    pub gate: TimeRange,
}
