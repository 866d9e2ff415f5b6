//! Families that forecast the volatility and the value at risk of the next bar's log return.
//!
//! All three answer `volatility` (σ̂ > 0) and `var_99` (a loss, ≥ 0) from windows in the row alone, so nothing is kept
//! between bars. The value at risk is filtered historical simulation (Barone-Adesi, Giannopoulos & Vosper, 1999):
//! σ̂ times the 1 % quantile of the standardised one-step-ahead residuals inside the window.

#![allow(
    clippy::cast_possible_wrap,
    reason = "lengths of windows as the graph format wants them, far below 2^63"
)]

mod ewma;
mod fitted;
pub mod garch;
mod gjr_garch_t;
mod graph;
mod historical;
mod layout;
mod log_har;
mod recursion;
mod report;
mod series;

pub use ewma::Ewma;
pub use gjr_garch_t::GjrGarchT;
pub use log_har::LogHar;

/// Name of the window of log returns in every volatility row.
const RETURN_WINDOW: &str = "return_window";
