use serde::{Deserialize, Serialize};

use crate::{Code, Family};

/// One observation of a traded instrument.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bar {
    /// Label time of the bar, milliseconds since the Unix epoch, UTC. A daily bar carries its date at 00:00.
    pub event_time: i64,
    /// First price. Kept for completeness: no feature, fill or volatility reads it.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded volume, zero where the source has none.
    pub volume: f64,
}

/// A bar that cannot be computed with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BarError {
    /// A price is NaN, infinite, zero or negative.
    #[error("bar {index}: {field} must be a finite price above zero, got {value}; correct the source")]
    Price {
        /// Position of the bar.
        index: usize,
        /// Field of the bar.
        field: &'static str,
        /// Value found.
        value: f64,
    },
    /// The volume is NaN, infinite or negative.
    #[error("bar {index}: volume must be finite and not negative, got {value}; use 0 where there is none")]
    Volume {
        /// Position of the bar.
        index: usize,
        /// Value found.
        value: f64,
    },
    /// The low lies above the high.
    #[error("bar {index}: low {low} must not exceed high {high}; correct the source")]
    Range {
        /// Position of the bar.
        index: usize,
        /// Low found.
        low: f64,
        /// High found.
        high: f64,
    },
    /// Event times do not strictly increase.
    #[error("bar {index}: event time {actual} must be after {previous}; sort the bars and remove duplicates")]
    Order {
        /// Position of the bar.
        index: usize,
        /// Event time of the bar before, ms.
        previous: i64,
        /// Event time found, ms.
        actual: i64,
    },
}

impl Code for BarError {
    fn code(&self) -> &'static str {
        match self {
            Self::Price { .. } => "BAR_PRICE_INVALID",
            Self::Volume { .. } => "BAR_VOLUME_INVALID",
            Self::Range { .. } => "BAR_RANGE_INVALID",
            Self::Order { .. } => "BAR_ORDER_INVALID",
        }
    }

    fn family(&self) -> Family {
        Family::Caller
    }
}

/// Checks what every computation on bars relies on: finite positive high, low and close, low ≤ high, finite
/// non-negative volume, strictly increasing event times. The open is not read, so it is not checked here.
///
/// # Errors
/// The first [`BarError`] in bar order.
pub fn check_bars(bars: &[Bar]) -> Result<(), BarError> {
    for (index, bar) in bars.iter().enumerate() {
        for (field, value) in [("high", bar.high), ("low", bar.low), ("close", bar.close)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(BarError::Price { index, field, value });
            }
        }
        if bar.low > bar.high {
            return Err(BarError::Range {
                index,
                low: bar.low,
                high: bar.high,
            });
        }
        if !(bar.volume.is_finite() && bar.volume >= 0.0) {
            return Err(BarError::Volume {
                index,
                value: bar.volume,
            });
        }
        if index > 0 && bar.event_time <= bars[index - 1].event_time {
            let previous = bars[index - 1].event_time;
            return Err(BarError::Order {
                index,
                previous,
                actual: bar.event_time,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Bar = Bar {
        event_time: 1,
        open: f64::NAN,
        high: 3.0,
        low: 1.0,
        close: 2.0,
        volume: 0.0,
    };

    #[test]
    fn each_fault_has_its_code() {
        let second = Bar {
            event_time: 2,
            ..GOOD
        };
        assert_eq!(check_bars(&[GOOD, second]), Ok(()));
        let cases = [
            (
                Bar {
                    close: f64::NAN,
                    ..second
                },
                "BAR_PRICE_INVALID",
            ),
            (Bar { low: 0.0, ..second }, "BAR_PRICE_INVALID"),
            (
                Bar {
                    high: f64::INFINITY,
                    ..second
                },
                "BAR_PRICE_INVALID",
            ),
            (Bar { low: 4.0, ..second }, "BAR_RANGE_INVALID"),
            (
                Bar {
                    volume: -1.0,
                    ..second
                },
                "BAR_VOLUME_INVALID",
            ),
            (
                Bar {
                    volume: f64::NAN,
                    ..second
                },
                "BAR_VOLUME_INVALID",
            ),
            (GOOD, "BAR_ORDER_INVALID"),
        ];
        for (bar, code) in cases {
            let error = check_bars(&[GOOD, bar]).unwrap_err();
            assert_eq!(error.code(), code);
            assert_eq!(error.family(), Family::Caller);
        }
    }
}
