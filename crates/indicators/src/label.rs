use std::ops::Range;

use serde::{Deserialize, Serialize};
use tidemark_core::check_bars;

use crate::column_series::check_range;
use crate::{Bar, IndicatorError};

/// Matured labels needed before their share is used as an input.
pub const MIN_MATURED_LABELS: usize = 100;

/// What a model is asked to predict at bar t.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LabelSpec {
    /// 1 when close\[t + lag + horizon\] > close\[t + lag\], else 0.
    ForwardReturnSign {
        /// Bars between the decision and the fill; 1 is the next close.
        lag: usize,
        /// Bars the return runs over, at least 1.
        horizon: usize,
    },
    /// ln(close\[t + 1\]/close\[t\])².
    NextSquaredReturn,
}

impl LabelSpec {
    /// Bars from the decision to the first price of the label.
    #[must_use]
    pub const fn lag(&self) -> usize {
        match self {
            Self::ForwardReturnSign { lag, .. } => *lag,
            Self::NextSquaredReturn => 0,
        }
    }

    /// Bars the label runs over; neighbouring labels share all but one of them.
    #[must_use]
    pub const fn horizon(&self) -> usize {
        match self {
            Self::ForwardReturnSign { horizon, .. } => *horizon,
            Self::NextSquaredReturn => 1,
        }
    }

    /// Bars from the decision to maturity: the label of bar t is known at bar t + reach, not before.
    #[must_use]
    pub const fn reach(&self) -> usize {
        self.lag() + self.horizon()
    }

    /// The `kind` word of the JSON form.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ForwardReturnSign { .. } => "forward_return_sign",
            Self::NextSquaredReturn => "next_squared_return",
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`IndicatorError::LabelSpec`] for a horizon of zero or more bars than any series can hold.
    pub fn check(&self) -> Result<(), IndicatorError> {
        // Keeps lag + horizon far from overflow; a million daily bars are 4,000 years.
        const MOST_BARS: usize = 1_000_000;
        let reason = if self.horizon() == 0 {
            "horizon must be at least 1 bar"
        } else if self.horizon() > MOST_BARS || self.lag() > MOST_BARS {
            "lag and horizon must not exceed 1000000 bars"
        } else {
            return Ok(());
        };
        Err(IndicatorError::LabelSpec {
            kind: self.kind(),
            reason,
        })
    }

    fn value(&self, bars: &[Bar], t: usize) -> f64 {
        let (first, last) = (bars[t + self.lag()].close, bars[t + self.reach()].close);
        match self {
            Self::ForwardReturnSign { .. } => f64::from(u8::from(last > first)),
            Self::NextSquaredReturn => {
                let log_return = (last / first).ln();
                log_return * log_return
            }
        }
    }
}

/// A matured label and the bars that made it.
///
/// The interval is the bars (start, end]: their returns decide the value, so rows whose intervals share bars are
/// not independent, and a row may be learned from only at or after bar `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// Bar whose close opens the interval.
    pub start: usize,
    /// Bar whose close ends the interval; the label matures here.
    pub end: usize,
    /// The label.
    pub value: f64,
}

/// The label of every bar, `None` where it has not matured within the bars given.
///
/// # Errors
/// [`IndicatorError::Bar`] for an invalid bar, [`IndicatorError::LabelSpec`] for an invalid rule.
pub fn labels(bars: &[Bar], spec: &LabelSpec) -> Result<Vec<Option<Label>>, IndicatorError> {
    spec.check()?;
    check_bars(bars)?;
    let label_at = |t: usize| {
        (t + spec.reach() < bars.len()).then(|| Label {
            start: t + spec.lag(),
            end: t + spec.reach(),
            value: spec.value(bars, t),
        })
    };
    Ok((0..bars.len()).map(label_at).collect())
}

/// Share of positive labels among all labels matured by each bar of `range`, over the whole history given; NaN
/// where fewer than [`MIN_MATURED_LABELS`] have matured.
///
/// Counts are integers, so the result for a bar does not depend on the range it was computed in.
///
/// # Errors
/// [`IndicatorError::LabelSpec`] unless the label is a direction; [`IndicatorError::RowsOutOfRange`];
/// [`IndicatorError::Bar`] for an invalid bar before `range.end`.
pub fn matured_label_rates(
    bars: &[Bar],
    range: Range<usize>,
    spec: &LabelSpec,
) -> Result<Vec<f64>, IndicatorError> {
    spec.check()?;
    if !matches!(spec, LabelSpec::ForwardReturnSign { .. }) {
        let reason = "a matured label rate needs a label of 0 or 1";
        return Err(IndicatorError::LabelSpec {
            kind: spec.kind(),
            reason,
        });
    }
    check_range(bars, &range)?;
    check_bars(&bars[..range.end])?;
    let mut positives = 0_usize;
    let mut rates = Vec::with_capacity(range.len());
    for t in 0..range.end {
        let matured = (t + 1).saturating_sub(spec.reach());
        if matured > 0 {
            positives += usize::from(spec.value(bars, matured - 1) > 0.0);
        }
        if t >= range.start {
            let known = matured >= MIN_MATURED_LABELS;
            rates.push(if known {
                positives as f64 / matured as f64
            } else {
                f64::NAN
            });
        }
    }
    Ok(rates)
}
