use serde::{Deserialize, Serialize};
use tidemark_core::{Code, in_range, min_len, positive, same_len};

use crate::turnover::changes;
use crate::{
    DAYS_PER_YEAR, MetricError, PositionRule, Sharpe, break_even_bp, max_drawdown, sharpe, target_positions,
    turnover,
};

/// When a position decided at the close of bar t is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// At the close this many bars later, at least 1.
    CloseAfter(usize),
    /// At the deciding close itself. It assumes a trade at a price that was needed to decide on it, so it must be
    /// asked for by this name.
    SameClose,
}

impl Fill {
    fn lag(self) -> Result<usize, MetricError> {
        match self {
            Self::CloseAfter(0) => Err(MetricError::ZeroLag),
            Self::CloseAfter(bars) => Ok(bars),
            Self::SameClose => Ok(0),
        }
    }
}

/// Trading rule that turns direction forecasts into daily returns.
///
/// Decided at close t, filled at close t + lag, first P&L bar t + lag + 1. P&L is marked every bar:
/// gross\[s\] = w\[s\]·(close\[s\]/close\[s−1\] − 1) and net\[s\] = gross\[s\] − cost·|w\[s\] − w\[s−1\]|, w\[s\] being the weight
/// held over bar s; the cost of entering it falls on the first bar it earns on. Weights are held constant within the
/// bar, and re-balancing back to an unchanged weight is free. A price index pays no dividends and no financing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DirectionBacktest {
    /// Signal rule.
    pub rule: PositionRule,
    /// Daily signals averaged into a position, at least 1.
    pub smoothing: usize,
    /// Execution.
    pub fill: Fill,
    /// Cost per unit of |Δw|, basis points.
    pub cost_bp: f64,
    /// Bars a year, for the Sharpe ratio.
    pub periods_per_year: f64,
}

impl Default for DirectionBacktest {
    /// Long or flat, five signals, next close, 1 basis point, 252 bars a year.
    fn default() -> Self {
        Self {
            rule: PositionRule::LongFlat,
            smoothing: 5,
            fill: Fill::CloseAfter(1),
            cost_bp: 1.0,
            periods_per_year: DAYS_PER_YEAR,
        }
    }
}

/// Figures of a backtest. A Sharpe ratio is `None` when its returns do not vary (never invested).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestSummary {
    /// P&L bars.
    pub bars: usize,
    /// Sharpe ratio after costs.
    pub net_sharpe: Option<Sharpe>,
    /// Sharpe ratio before costs.
    pub gross_sharpe: Option<Sharpe>,
    /// Compounded return after costs.
    pub net_return: f64,
    /// Compounded return before costs.
    pub gross_return: f64,
    /// Σ|Δw|, entry included.
    pub turnover: f64,
    /// Cost in basis points at which summed net returns are zero; `None` without turnover.
    pub break_even_bp: Option<f64>,
    /// Largest loss from a peak of the net curve, 0 or negative.
    pub max_drawdown: f64,
}

/// Daily series of a backtest and their summary. Element i belongs to bar `first_bar + i`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestResult {
    /// First bar with P&L.
    pub first_bar: usize,
    /// Weight held over each bar.
    pub weights: Vec<f64>,
    /// Returns before costs.
    pub gross: Vec<f64>,
    /// Returns after costs.
    pub net: Vec<f64>,
    /// Figures over the whole span.
    pub summary: BacktestSummary,
}

impl DirectionBacktest {
    /// Runs the rule over consecutive bars; `None` is a bar without forecast (flat signal).
    ///
    /// # Errors
    /// `LENGTH_MISMATCH`; `INSUFFICIENT_DATA` for fewer than lag + 2 bars or no smoothing; `FILL_LAG_INVALID`;
    /// `VALUE_NOT_FINITE` or `VALUE_OUT_OF_RANGE` for closes, probabilities, cost, or a bar that loses more than all.
    pub fn run(&self, closes: &[f64], probabilities: &[Option<f64>]) -> Result<BacktestResult, MetricError> {
        same_len("probabilities", closes.len(), probabilities.len())?;
        positive("closes", closes)?;
        in_range("cost in basis points", &[self.cost_bp], 0.0, 1e4)?;
        let first_bar = self.fill.lag()? + 1;
        min_len("closes", first_bar + 1, closes.len())?;
        let mut weights = target_positions(probabilities, self.rule, self.smoothing)?;
        // Bar s is held at the position decided first_bar bars before it.
        weights.truncate(closes.len() - first_bar);
        let returns = closes[first_bar - 1..]
            .windows(2)
            .map(|pair| pair[1] / pair[0] - 1.0);
        let gross: Vec<f64> = weights
            .iter()
            .zip(returns)
            .map(|(weight, r)| weight * r)
            .collect();
        let cost = self.cost_bp * 1e-4;
        let net: Vec<f64> = gross
            .iter()
            .zip(changes(&weights))
            .map(|(r, change)| r - cost * change.abs())
            .collect();
        let summary = self.summarise(&weights, &gross, &net)?;
        Ok(BacktestResult {
            first_bar,
            weights,
            gross,
            net,
            summary,
        })
    }

    /// Holding the instrument from the first fill on, under the same execution and cost.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn hold(&self, closes: &[f64]) -> Result<BacktestResult, MetricError> {
        let always = Self {
            rule: PositionRule::LongFlat,
            smoothing: 1,
            ..*self
        };
        always.run(closes, &vec![Some(1.0); closes.len()])
    }

    fn summarise(&self, weights: &[f64], gross: &[f64], net: &[f64]) -> Result<BacktestSummary, MetricError> {
        let turnover = turnover(weights)?;
        Ok(BacktestSummary {
            bars: net.len(),
            net_sharpe: self.sharpe_if_defined(net)?,
            gross_sharpe: self.sharpe_if_defined(gross)?,
            net_return: compounded(net),
            gross_return: compounded(gross),
            turnover,
            break_even_bp: break_even_bp(gross, turnover)?,
            max_drawdown: max_drawdown(net)?,
        })
    }

    fn sharpe_if_defined(&self, returns: &[f64]) -> Result<Option<Sharpe>, MetricError> {
        match sharpe(returns, self.periods_per_year) {
            Ok(ratio) => Ok(Some(ratio)),
            Err(error) if matches!(error.code(), "ZERO_VARIANCE" | "INSUFFICIENT_DATA") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn compounded(returns: &[f64]) -> f64 {
    returns.iter().map(|r| 1.0 + r).product::<f64>() - 1.0
}
