//! The linear quantile of a variable number of residuals.

use super::ForecastGraph;
use super::ops::Ops;
use tidemark_onnx::{DataType, Value};

/// Quantile at `tail` of the live residuals of each row, f64 `[N, 1]`, by the native model's arithmetic: position
/// (m − 1)·tail between the order statistics below and above it. Residuals that do not count become +∞, which sorts
/// them behind those that do; only the few smallest are sorted.
pub(super) fn lower(ops: &mut Ops<'_>, forecast: &ForecastGraph, tail: f64) -> Value {
    let infinity = ops.scalar(f64::INFINITY);
    let candidates = ops.op("Where", &[&forecast.live, &forecast.residuals, &infinity]);
    let sorted_count = ((forecast.length as f64 - 1.0) * tail).floor() as usize + 2;
    let sorted = ops.smallest(&candidates, sorted_count);

    let one = ops.scalar(1.0);
    let tail = ops.scalar(tail);
    let steps = ops.op("Sub", &[&forecast.count, &one]);
    let position = ops.op("Mul", &[&steps, &tail]);
    let below = ops.op("Floor", &[&position]);
    let share = ops.op("Sub", &[&position, &below]);
    let above = ops.op("Add", &[&below, &one]);
    let low = at(ops, &sorted, &below, sorted_count);
    let high = at(ops, &sorted, &above, sorted_count);
    let gap = ops.op("Sub", &[&high, &low]);
    let part = ops.op("Mul", &[&share, &gap]);
    ops.op("Add", &[&low, &part])
}

/// The value at a column given as f64; rows with too few residuals are masked later, so the column is only kept valid.
fn at(ops: &mut Ops<'_>, sorted: &Value, column: &Value, count: usize) -> Value {
    let first = ops.scalar(0.0);
    let last = ops.scalar(count as f64 - 1.0);
    let valid = ops.op("Clip", &[column, &first, &last]);
    let index = ops.cast(&valid, DataType::I64);
    ops.pick(sorted, &index)
}
