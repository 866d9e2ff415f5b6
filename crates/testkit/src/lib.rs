//! Support for tests of the other crates, a dev-dependency only: golden numbers with their provenance, the
//! S&P 500 file of the npm package `vega-datasets`, and seeded series with known properties.
//!
//! Functions here panic with a message that says what to do; a test has no better way to fail.

mod generators;
mod golden;
mod market;
mod planted_table;

pub use generators::{GarchT, PlantedSignal, ar1, bars_from_returns, garch_t_returns, planted_signal_bars};
pub use golden::{Golden, Provenance, assert_close};
pub use market::{find_upwards, sp500, sp500_path};
pub use planted_table::{PlantedTable, Table};
