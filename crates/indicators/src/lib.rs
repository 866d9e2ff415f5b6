//! Streaming indicators, the scale-free feature columns built on them, labels with their intervals, sample
//! uniqueness and the input rows of models.
//!
//! One implementation serves batch and streaming: every column at bar t is a pure function of the last
//! [`LOOKBACK`] bars (t included). Nothing is kept in a process, so a restart, a replay and a backtest agree bit
//! for bit.

mod adx;
mod atr;
mod bollinger;
mod cci;
mod column;
mod column_series;
mod column_stream;
mod error;
mod indicator;
mod input_row;
mod input_spec;
mod label;
mod macd;
mod moving_average;
mod obv;
mod rsi;
mod stochastic;
mod uniqueness;
mod volatility;
mod window;

pub use adx::{Adx, AdxValue};
pub use atr::Atr;
pub use bollinger::{BollingerBands, BollingerValue};
pub use cci::Cci;
pub use column::{Column, LOOKBACK};
pub use column_series::{PARKINSON_FLOOR, columns, columns_in};
pub use column_stream::ColumnStream;
pub use error::IndicatorError;
pub use indicator::{Indicator, series};
pub use input_row::{input_row, input_rows, input_rows_into, rows_from_columns};
pub use input_spec::{InputKind, InputSpec, check_inputs, row_width};
pub use label::{Label, LabelSpec, MIN_MATURED_LABELS, labels, matured_label_rates};
pub use macd::{Macd, MacdValue};
pub use moving_average::{Ema, Sma, WilderAverage, Wma};
pub use obv::Obv;
pub use rsi::Rsi;
pub use stochastic::{Stochastic, StochasticValue};
pub use tidemark_core::Bar;
pub use uniqueness::uniqueness;
pub use volatility::{CloseToClose, GarmanKlass, Parkinson, RogersSatchell, YangZhang};
