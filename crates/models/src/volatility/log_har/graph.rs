//! The curve and its residuals as graph nodes.

use super::model::LogHarModel;
use crate::volatility::graph::{ForecastGraph, Forecaster, Observed, Ops};
use tidemark_onnx::Value;

/// The most f64 a vector register holds on today's processors.
const LANES: usize = 8;

impl Forecaster for LogHarModel {
    fn build(&self, ops: &mut Ops<'_>, row: &Value) -> ForecastGraph {
        let length = self.returns.places.len();
        let returns = ops.columns(row, self.returns.places.clone());
        let observed = Observed::new(ops, returns, length);
        let ranges = self
            .ranges
            .each_ref()
            .map(|window| ops.columns(row, window.places.clone()));
        let variances = self.variances(ops, &ranges);

        let live_from = length - self.residuals;
        // One place more than residuals: the last forecast is for the next bar.
        let needed = observed.live(ops, live_from, length + 1);
        let unknown = not_positive(ops, &ranges);
        let missing = ops.all(&needed, &[&unknown]);
        let known = ops.none_in_row(&missing);
        let used = ops.columns(&variances, 0..self.residuals);
        let scales = ops.op("Sqrt", &[&used]);
        let live_returns = ops.columns(&observed.returns, live_from..length);
        ForecastGraph {
            variance: ops.columns(&variances, self.residuals..self.residuals + 1),
            residuals: ops.op("Div", &[&live_returns, &scales]),
            live: observed.live(ops, live_from, length),
            length: self.residuals,
            count: observed.count,
            usable: ops.all(&observed.usable, &[&known]),
            mean: 0.0,
        }
    }
}

impl LogHarModel {
    /// Forecast variances `[N, ≥ R + 1]` in the order of operations of the native curve, with unused columns at the end.
    ///
    /// Runtimes take logarithms of [`LANES`] numbers at a time and of the rest one by one, by another method. Rows of a
    /// multiple of that length leave no rest, so a row's answer has the same bits alone and in any batch.
    fn variances(&self, ops: &mut Ops<'_>, ranges: &[Value; 3]) -> Value {
        let mut exponent = ops.scalar(self.curve.intercept);
        let columns = self.residuals + 1;
        let unused = columns.next_multiple_of(LANES) - columns;
        for (range, slope) in ranges.iter().zip(self.curve.slopes) {
            let range = ops.pad_columns(range, 0, unused, 1.0);
            let logarithm = ops.op("Log", &[&range]);
            let slope = ops.scalar(slope);
            let term = ops.op("Mul", &[&slope, &logarithm]);
            exponent = ops.op("Add", &[&exponent, &term]);
        }
        let exponential = ops.op("Exp", &[&exponent]);
        let scale = ops.scalar(self.curve.scale);
        let scaled = ops.op("Mul", &[&scale, &exponential]);
        let floor = ops.scalar(self.curve.floor);
        ops.op("Max", &[&scaled, &floor])
    }
}

/// True where any of the three is not a positive number: NaN compares as false, so padding counts too.
fn not_positive(ops: &mut Ops<'_>, ranges: &[Value; 3]) -> Value {
    let zero = ops.scalar(0.0);
    let [day, week, month] = ranges.each_ref().map(|range| {
        let positive = ops.op("Greater", &[range, &zero]);
        let finite = ops.finite(range);
        ops.all(&positive, &[&finite])
    });
    let known = ops.all(&day, &[&week, &month]);
    ops.op("Not", &[&known])
}
