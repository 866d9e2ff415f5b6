//! Which part of a front-padded window holds returns.

use super::ops::Ops;
use crate::WindowParams;
use tidemark_onnx::{DataType, Value};

/// A window of returns with its bounds; all bounds are f64 `[N, 1]`, positions count from the window's start.
pub(crate) struct Observed {
    /// f64 `[N, W]`: the window as it came.
    pub(crate) returns: Value,
    /// W.
    pub(crate) length: usize,
    /// Position of the first return.
    pub(crate) start: Value,
    /// Position of the first return after the burn-in.
    pub(crate) live_start: Value,
    /// Boolean `[N, W]`: the burn-in.
    pub(crate) burn_in: Value,
    /// Number of returns after the burn-in.
    pub(crate) count: Value,
    /// Boolean `[N, 1]`: enough returns, no hole, no infinity, some movement in the burn-in.
    pub(crate) usable: Value,
}

impl Observed {
    /// Adds the nodes that find the bounds.
    pub(crate) fn new(ops: &mut Ops<'_>, returns: Value, length: usize) -> Self {
        let missing = ops.op("IsNaN", &[&returns]);
        let padding = ops.cast(&missing, DataType::F64);
        let start = ops.row_sum(&padding);
        let burn_in_length = ops.scalar(WindowParams::BURN_IN as f64);
        let live_start = ops.op("Add", &[&start, &burn_in_length]);
        let end = ops.scalar(length as f64);
        let count = ops.op("Sub", &[&end, &live_start]);

        let positions = ops.positions(0, length);
        let after_start = ops.op("GreaterOrEqual", &[&positions, &start]);
        let before_live = ops.op("Less", &[&positions, &live_start]);
        let burn_in = ops.all(&after_start, &[&before_live]);

        let finite = ops.finite(&returns);
        let broken = ops.op("Not", &[&finite]);
        let broken = ops.all(&after_start, &[&broken]);
        let whole = ops.none_in_row(&broken);
        let least = ops.scalar(WindowParams::MIN_RESIDUALS as f64);
        let enough = ops.op("GreaterOrEqual", &[&count, &least]);
        let squares = ops.op("Mul", &[&returns, &returns]);
        let movement = sum_where(ops, &burn_in, &squares);
        let zero = ops.scalar(0.0);
        let moving = ops.op("Greater", &[&movement, &zero]);
        let usable = ops.all(&whole, &[&enough, &moving]);
        Self {
            returns,
            length,
            start,
            live_start,
            burn_in,
            count,
            usable,
        }
    }

    /// Boolean `[N, length - from]`: positions from `from` to `to` that lie after the burn-in.
    pub(crate) fn live(&self, ops: &mut Ops<'_>, from: usize, to: usize) -> Value {
        let positions = ops.positions(from as i64, to - from);
        ops.op("GreaterOrEqual", &[&positions, &self.live_start])
    }
}

/// Sum over each row of the values where the mask is true.
pub(crate) fn sum_where(ops: &mut Ops<'_>, mask: &Value, values: &Value) -> Value {
    let zero = ops.scalar(0.0);
    let kept = ops.op("Where", &[mask, values, &zero]);
    ops.row_sum(&kept)
}
