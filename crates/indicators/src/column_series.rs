use std::ops::Range;

use tidemark_core::check_bars;

use crate::volatility::Parkinson;
use crate::{
    Adx, Atr, Bar, BollingerBands, CloseToClose, Column, Indicator, IndicatorError, LOOKBACK, Macd,
    MacdValue, Rsi, Sma,
};

/// Smallest Parkinson variance returned by the columns `parkinson_1`, `parkinson_5` and `parkinson_22`, whose
/// logarithm models take: a standard deviation of 0.001 % a bar, far below a real trading day.
pub const PARKINSON_FLOOR: f64 = 1e-10;

/// Values of the wanted columns at every bar, one vector per column in the order asked; NaN while warming up.
///
/// Value t depends on bars `t + 1 − bars_needed ..= t` alone, so appending or changing later bars, or dropping
/// bars older than [`LOOKBACK`], changes no bit of it.
///
/// # Errors
/// [`IndicatorError::Bar`] for the first invalid bar.
pub fn columns(bars: &[Bar], wanted: &[Column]) -> Result<Vec<Vec<f64>>, IndicatorError> {
    columns_in(bars, 0..bars.len(), wanted)
}

/// [`columns`] for some of the bars only: element i of each vector belongs to bar `range.start + i`.
///
/// Bars at or after `range.end` are not looked at.
///
/// # Errors
/// [`IndicatorError::RowsOutOfRange`] when the range leaves the bars; [`IndicatorError::Bar`] for the first invalid
/// bar among those looked at.
pub fn columns_in(
    bars: &[Bar],
    range: Range<usize>,
    wanted: &[Column],
) -> Result<Vec<Vec<f64>>, IndicatorError> {
    check_range(bars, &range)?;
    check_bars(&bars[range.start.saturating_sub(LOOKBACK - 1)..range.end])?;
    let mut shared = Recursions {
        bars,
        range,
        atr: None,
        macd: None,
    };
    Ok(wanted.iter().map(|&column| shared.column(column)).collect())
}

pub(crate) fn check_range(bars: &[Bar], range: &Range<usize>) -> Result<(), IndicatorError> {
    if range.start <= range.end && range.end <= bars.len() {
        return Ok(());
    }
    Err(IndicatorError::RowsOutOfRange {
        from: range.start,
        to: range.end,
        bars: bars.len(),
    })
}

/// One call's bars and rows, with the restarted averages that several columns share.
struct Recursions<'a> {
    bars: &'a [Bar],
    range: Range<usize>,
    atr: Option<Vec<f64>>,
    macd: Option<Vec<MacdValue>>,
}

impl Recursions<'_> {
    fn column(&mut self, column: Column) -> Vec<f64> {
        match column {
            Column::Ret1 | Column::Return => self.log_return(1),
            Column::Ret5 => self.log_return(5),
            Column::Ret20 => self.log_return(20),
            Column::Rsi14 => self.restarted(f64::NAN, || Rsi::new(14), |rsi| rsi / 100.0),
            Column::MacdAtr => self.macd_in_atr(|value| value.line),
            Column::MacdHistAtr => self.macd_in_atr(|value| value.line - value.signal),
            Column::AtrClose => self.atr_over_close(),
            Column::BollingerB => {
                self.sliding(column, BollingerBands::new(20, 2.0), |_, value| value.percent_b)
            }
            Column::Adx14 => self.restarted(f64::NAN, || Adx::new(14), |value| value.adx / 100.0),
            Column::Parkinson20 => self.sliding(column, Parkinson::new(20), |_, value| value),
            Column::VolRatio5To60 => self.sliding(column, VolatilityRatio::new(5, 60), |_, value| value),
            Column::VolumeRatio20 => self.sliding(column, VolumeMean(Sma::new(20)), ratio_to_mean),
            Column::Parkinson1 => self.parkinson(column, 1),
            Column::Parkinson5 => self.parkinson(column, 5),
            Column::Parkinson22 => self.parkinson(column, 22),
        }
    }

    fn log_return(&self, span: usize) -> Vec<f64> {
        let close = |t: usize| self.bars[t].close;
        self.range
            .clone()
            .map(|t| {
                if t < span {
                    f64::NAN
                } else {
                    (close(t) / close(t - span)).ln()
                }
            })
            .collect()
    }

    /// A moving-window indicator fed through the rows once: its value depends on its window alone.
    fn sliding<I: Indicator>(
        &self,
        column: Column,
        mut indicator: I,
        pick: impl Fn(&Bar, I::Output) -> f64,
    ) -> Vec<f64> {
        let Range { start, end } = self.range;
        let warm = start.saturating_sub(column.bars_needed() - 1);
        for bar in &self.bars[warm..start] {
            indicator.update(bar);
        }
        let rows = self.bars[start..end].iter();
        rows.map(|bar| indicator.update(bar).map_or(f64::NAN, |value| pick(bar, value)))
            .collect()
    }

    /// A recursive indicator started afresh [`LOOKBACK`] bars back for every row.
    fn restarted<I: Indicator, T: Clone>(
        &self,
        missing: T,
        make: impl Fn() -> I,
        pick: impl Fn(I::Output) -> T,
    ) -> Vec<T> {
        let value_at = |t: usize| {
            let first = (t + 1).checked_sub(LOOKBACK)?;
            let mut indicator = make();
            let (last, history) = self.bars[first..=t].split_last()?;
            for bar in history {
                indicator.update(bar);
            }
            indicator.update(last).map(&pick)
        };
        self.range
            .clone()
            .map(|t| value_at(t).unwrap_or_else(|| missing.clone()))
            .collect()
    }

    fn ensure_atr(&mut self) {
        if self.atr.is_none() {
            self.atr = Some(self.restarted(f64::NAN, || Atr::new(14), |atr| atr));
        }
    }

    fn atr_over_close(&mut self) -> Vec<f64> {
        self.ensure_atr();
        let atr = self.atr.iter().flatten();
        atr.zip(&self.bars[self.range.clone()])
            .map(|(atr, bar)| atr / bar.close)
            .collect()
    }

    fn macd_in_atr(&mut self, pick: impl Fn(&MacdValue) -> f64) -> Vec<f64> {
        self.ensure_atr();
        if self.macd.is_none() {
            let missing = MacdValue {
                line: f64::NAN,
                signal: f64::NAN,
            };
            self.macd = Some(self.restarted(missing, || Macd::new(12, 26, 9), |value| value));
        }
        let pairs = self.macd.iter().flatten().zip(self.atr.iter().flatten());
        // A zero average range means that no price moved for LOOKBACK bars: then MACD is zero but for rounding.
        pairs
            .map(|(macd, &atr)| if atr == 0.0 { 0.0 } else { pick(macd) / atr })
            .collect()
    }

    fn parkinson(&self, column: Column, n: usize) -> Vec<f64> {
        self.sliding(column, ParkinsonVariance(Parkinson::new(n)), |_, variance| {
            variance.max(PARKINSON_FLOOR)
        })
    }
}

fn ratio_to_mean(bar: &Bar, mean: f64) -> f64 {
    if mean > 0.0 { bar.volume / mean } else { 1.0 }
}

struct VolumeMean(Sma);

impl Indicator for VolumeMean {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        self.0.push(bar.volume)
    }
}

struct ParkinsonVariance(Parkinson);

impl Indicator for ParkinsonVariance {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        self.0.variance(bar)
    }
}

struct VolatilityRatio {
    short: CloseToClose,
    long: CloseToClose,
}

impl VolatilityRatio {
    fn new(short: usize, long: usize) -> Self {
        Self {
            short: CloseToClose::new(short),
            long: CloseToClose::new(long),
        }
    }
}

impl Indicator for VolatilityRatio {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        let short = self.short.update(bar);
        let long = self.long.update(bar)?;
        let short = short?;
        Some(if long > 0.0 { short / long } else { 1.0 })
    }
}
