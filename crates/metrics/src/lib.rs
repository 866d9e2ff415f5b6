//! Model and trading performance measures, one file per measure, each with its convention stated.
//!
//! Losses come as one value per row (for paired tests) and as their mean. Nothing here returns NaN: what cannot be
//! computed is an error or `None`.

mod break_even;
mod brier;
mod direction_backtest;
mod drawdown;
mod error;
mod hit_rate;
mod log_loss;
mod pinball;
mod position;
mod qlike;
mod sharpe;
mod sharpe_difference;
mod turnover;
mod value_at_risk;

pub use break_even::break_even_bp;
pub use brier::{brier, brier_losses};
pub use direction_backtest::{BacktestResult, BacktestSummary, DirectionBacktest, Fill};
pub use drawdown::max_drawdown;
pub use error::MetricError;
pub use hit_rate::{base_rate, hit_rate};
pub use log_loss::{PROBABILITY_FLOOR, log_loss, log_losses};
pub use pinball::{pinball, pinball_losses};
pub use position::{PositionRule, target_positions};
pub use qlike::{qlike, qlike_losses};
pub use sharpe::{DAYS_PER_YEAR, Sharpe, sharpe};
pub use sharpe_difference::{Lags, SharpeDifference, sharpe_difference};
pub use turnover::turnover;
pub use value_at_risk::{ValueAtRiskReport, WORST_WINDOW_BARS, value_at_risk_breaches, value_at_risk_report};
