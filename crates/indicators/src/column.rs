use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::IndicatorError;

/// Bars (the current one included) that a column may depend on.
///
/// Recursive averages (Wilder, EMA) are restarted at the first of these bars for every t, so their value never
/// depends on where a history happens to begin; after 260 bars a Wilder(14) average has forgotten its seed to 5e-9.
pub const LOOKBACK: usize = 260;

/// A per-bar scalar computed from bars. Every column is free of the scale of prices and volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Column {
    /// ln(close\[t\]/close\[t−1\]).
    #[serde(rename = "ret_1")]
    Ret1,
    /// ln(close\[t\]/close\[t−5\]).
    #[serde(rename = "ret_5")]
    Ret5,
    /// ln(close\[t\]/close\[t−20\]).
    #[serde(rename = "ret_20")]
    Ret20,
    /// RSI(14, Wilder)/100; 0.5 when no price moved.
    #[serde(rename = "rsi_14")]
    Rsi14,
    /// MACD(12, 26) line in units of ATR(14); 0 when the range is zero.
    MacdAtr,
    /// (MACD − signal(9)) in units of ATR(14); 0 when the range is zero.
    MacdHistAtr,
    /// ATR(14)/close.
    AtrClose,
    /// Bollinger %B(20, 2, population sd); 0.5 when all closes are equal.
    BollingerB,
    /// ADX(14)/100; 0 when nothing moved.
    #[serde(rename = "adx_14")]
    Adx14,
    /// Square root of the mean Parkinson variance of 20 bars; 0 when every high equals its low.
    #[serde(rename = "parkinson_20")]
    Parkinson20,
    /// Standard deviation of the last 5 log returns over that of the last 60; 1 when the latter is zero.
    #[serde(rename = "vol_ratio_5_60")]
    VolRatio5To60,
    /// Volume over its 20-bar mean; 1 when that mean is zero (a source without volume).
    #[serde(rename = "volume_ratio_20")]
    VolumeRatio20,
    /// The log return of one bar, under the name that return windows use.
    Return,
    /// Parkinson variance of one bar, floored.
    #[serde(rename = "parkinson_1")]
    Parkinson1,
    /// Mean Parkinson variance of 5 bars, floored.
    #[serde(rename = "parkinson_5")]
    Parkinson5,
    /// Mean Parkinson variance of 22 bars, floored.
    #[serde(rename = "parkinson_22")]
    Parkinson22,
}

impl Column {
    /// The twelve scale-free features, in the order agents list them.
    pub const FEATURES: [Self; 12] = [
        Self::Ret1,
        Self::Ret5,
        Self::Ret20,
        Self::Rsi14,
        Self::MacdAtr,
        Self::MacdHistAtr,
        Self::AtrClose,
        Self::BollingerB,
        Self::Adx14,
        Self::Parkinson20,
        Self::VolRatio5To60,
        Self::VolumeRatio20,
    ];

    /// Every column: the features, then those that families ask for.
    #[must_use]
    pub fn all() -> &'static [Self] {
        const ALL: [Column; 16] = [
            Column::Ret1,
            Column::Ret5,
            Column::Ret20,
            Column::Rsi14,
            Column::MacdAtr,
            Column::MacdHistAtr,
            Column::AtrClose,
            Column::BollingerB,
            Column::Adx14,
            Column::Parkinson20,
            Column::VolRatio5To60,
            Column::VolumeRatio20,
            Column::Return,
            Column::Parkinson1,
            Column::Parkinson5,
            Column::Parkinson22,
        ];
        &ALL
    }

    /// The name used in agent files, signatures and data sets.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ret1 => "ret_1",
            Self::Ret5 => "ret_5",
            Self::Ret20 => "ret_20",
            Self::Rsi14 => "rsi_14",
            Self::MacdAtr => "macd_atr",
            Self::MacdHistAtr => "macd_hist_atr",
            Self::AtrClose => "atr_close",
            Self::BollingerB => "bollinger_b",
            Self::Adx14 => "adx_14",
            Self::Parkinson20 => "parkinson_20",
            Self::VolRatio5To60 => "vol_ratio_5_60",
            Self::VolumeRatio20 => "volume_ratio_20",
            Self::Return => "return",
            Self::Parkinson1 => "parkinson_1",
            Self::Parkinson5 => "parkinson_5",
            Self::Parkinson22 => "parkinson_22",
        }
    }

    /// Bars needed before the first value, the bar of that value included; never more than [`LOOKBACK`].
    #[must_use]
    pub const fn bars_needed(self) -> usize {
        match self {
            Self::Parkinson1 => 1,
            Self::Ret1 | Self::Return => 2,
            Self::Parkinson5 => 5,
            Self::Ret5 => 6,
            Self::BollingerB | Self::Parkinson20 | Self::VolumeRatio20 => 20,
            Self::Ret20 => 21,
            Self::Parkinson22 => 22,
            Self::VolRatio5To60 => 61,
            Self::Rsi14 | Self::MacdAtr | Self::MacdHistAtr | Self::AtrClose | Self::Adx14 => LOOKBACK,
        }
    }

    /// The unit stated in model signatures.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Ret1 | Self::Ret5 | Self::Ret20 | Self::Return => "log_return",
            Self::Parkinson20 => "log_return_sd",
            Self::Parkinson1 | Self::Parkinson5 | Self::Parkinson22 => "log_return_variance",
            Self::MacdAtr | Self::MacdHistAtr => "average_true_ranges",
            Self::Rsi14
            | Self::AtrClose
            | Self::BollingerB
            | Self::Adx14
            | Self::VolRatio5To60
            | Self::VolumeRatio20 => "ratio",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Column {
    type Err = IndicatorError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::all()
            .iter()
            .copied()
            .find(|column| column.as_str() == name)
            .ok_or_else(|| {
                let known: Vec<&str> = Self::all().iter().map(|column| column.as_str()).collect();
                IndicatorError::UnknownColumn {
                    name: name.to_owned(),
                    known: known.join(", "),
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    #[test]
    fn names_round_trip_through_text_and_json() {
        for &column in Column::all() {
            assert_eq!(column.to_string().parse::<Column>().unwrap(), column);
            assert_eq!(serde_json::to_string(&column).unwrap(), format!("\"{column}\""));
            assert!(column.bars_needed() <= LOOKBACK);
            assert!(!column.unit().is_empty());
        }
        assert_eq!(Column::all()[..12], Column::FEATURES);
    }

    #[test]
    fn unknown_names_are_refused() {
        assert_eq!("open".parse::<Column>().unwrap_err().code(), "COLUMN_UNKNOWN");
    }
}
