//! Volatility models as ONNX graphs.
//!
//! Each graph answers NaN in both outputs for a row from which the native model gives an error: too little history,
//! a hole in a window, an infinity, a burn-in without movement, an overflow.

mod observed;
mod ops;
mod quantile;
mod recursion;

pub(crate) use observed::Observed;
pub(crate) use ops::Ops;

use super::historical::TAIL;
use crate::{ModelMetadata, Result};
use tidemark_onnx::{DataType, Dim, GraphBuilder, Value, encode_model};

/// What a family's part of the graph hands over; N is the number of rows, R the residuals a window yields at most.
pub(crate) struct ForecastGraph {
    /// f64 `[N, 1]`: forecast variance of the next bar.
    pub(crate) variance: Value,
    /// f64 `[N, R]`: standardised residuals, anything where `live` is false.
    pub(crate) residuals: Value,
    /// Boolean `[N, R]`: which residuals count.
    pub(crate) live: Value,
    /// R.
    pub(crate) length: usize,
    /// f64 `[N, 1]`: how many residuals count.
    pub(crate) count: Value,
    /// Boolean `[N, 1]`: whether the row allows a forecast.
    pub(crate) usable: Value,
    /// Mean of the returns in the model.
    pub(crate) mean: f64,
}

/// The part of a graph that differs between families.
pub(crate) trait Forecaster {
    /// Adds the nodes from the row (f64 `[N, W]`) to the forecast.
    fn build(&self, ops: &mut Ops<'_>, row: &Value) -> ForecastGraph;
}

/// Writes the whole model.
pub(crate) fn export(forecaster: &dyn Forecaster, width: usize, meta: &ModelMetadata) -> Result<Vec<u8>> {
    let mut graph = GraphBuilder::new(&meta.family);
    let row = graph.input("row", DataType::F64, &[Dim::Symbol("N"), Dim::Fixed(width)]);
    let output = {
        let mut ops = Ops::new(&mut graph);
        let forecast = forecaster.build(&mut ops, &row);
        outputs(&mut ops, &forecast)
    };
    graph.output(
        "output",
        &output,
        DataType::F64,
        &[Dim::Symbol("N"), Dim::Fixed(2)],
    );
    Ok(encode_model(graph, &meta.entries())?)
}

/// σ̂ and VaR = max(0, −(μ + σ̂ q)) side by side, NaN where the row is not usable.
fn outputs(ops: &mut Ops<'_>, forecast: &ForecastGraph) -> Value {
    let quantile = quantile::lower(ops, forecast, TAIL);
    let volatility = ops.op("Sqrt", &[&forecast.variance]);
    let scaled = ops.op("Mul", &[&volatility, &quantile]);
    let mean = ops.scalar(forecast.mean);
    let outcome = ops.op("Add", &[&mean, &scaled]);
    let loss = ops.op("Neg", &[&outcome]);
    let zero = ops.scalar(0.0);
    let var_99 = ops.op("Max", &[&loss, &zero]);
    let positive = ops.op("Greater", &[&volatility, &zero]);
    let finite_volatility = ops.finite(&volatility);
    let finite_loss = ops.finite(&loss);
    let usable = ops.all(&forecast.usable, &[&positive, &finite_volatility, &finite_loss]);
    let both = ops.concat_columns(&[&volatility, &var_99]);
    let nan = ops.scalar(f64::NAN);
    ops.op("Where", &[&usable, &both, &nan])
}
