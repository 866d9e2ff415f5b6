//! The variance recursion over a window, without a loop.
//!
//! hₜ₊₁ = u(eₜ) + β hₜ is linear in h with a constant β, so the whole path is a product with a lower-triangular matrix of
//! powers of β. Cut into b blocks of b steps it takes two b × b products: inside each block, then from block to block.
//! All terms are positive, so rounding stays at some 1e-15 relative to the step-by-step recursion. A `Scan` node gives the
//! same numbers at 2 µs a step, 2.5 ms for a window of 1,260 returns; this form takes about a hundredth of that.

use super::observed::{Observed, sum_where};
use super::ops::Ops;
use super::{ForecastGraph, Forecaster};
use crate::WindowParams;
use crate::volatility::recursion::{VarianceRecursion, WindowedRecursion};
use tidemark_onnx::Value;

impl Forecaster for WindowedRecursion {
    fn build(&self, ops: &mut Ops<'_>, row: &Value) -> ForecastGraph {
        let returns = ops.columns(row, self.returns.places.clone());
        let length = self.returns.places.len();
        let observed = Observed::new(ops, returns, length);
        let recursion = &self.recursion;
        let (errors, squares) = recursion.errors(ops, &observed);
        let path = recursion.path(ops, &observed, &errors, &squares);
        let live_from = WindowParams::BURN_IN;
        let variances = ops.columns(&path, live_from..length);
        let scales = ops.op("Sqrt", &[&variances]);
        let live_errors = ops.columns(&errors, live_from..length);
        ForecastGraph {
            variance: ops.columns(&path, length..length + 1),
            residuals: ops.op("Div", &[&live_errors, &scales]),
            live: observed.live(ops, live_from, length),
            length: length - live_from,
            count: observed.count,
            usable: observed.usable,
            mean: recursion.mean,
        }
    }
}

impl VarianceRecursion {
    /// e = r − μ and e², `[N, W]`.
    fn errors(&self, ops: &mut Ops<'_>, observed: &Observed) -> (Value, Value) {
        let mean = ops.scalar(self.mean);
        let errors = ops.op("Sub", &[&observed.returns, &mean]);
        let squares = ops.op("Mul", &[&errors, &errors]);
        (errors, squares)
    }

    /// Variances `[N, W + 1]`: of each return given those before it, and of the next bar. Garbage before the first return.
    fn path(&self, ops: &mut Ops<'_>, observed: &Observed, errors: &Value, squares: &Value) -> Value {
        let steps = observed.length + 1;
        let block = ((steps as f64).sqrt().ceil()) as usize;
        let padded = block * block;
        let drive = self.drive(ops, observed, errors, squares, padded);

        let blocks = ops.reshape(&drive, &[0, block as i64, block as i64]);
        let within = ops.constant(
            &[block, block],
            &triangle(block, |from, to| self.beta.powf((to - from) as f64)),
        );
        let inside = ops.op("MatMul", &[&blocks, &within]);
        let ends = ops.last(&inside, block - 1, 2);
        let across = triangle(block, |from, to| {
            if to == from {
                0.0
            } else {
                self.beta.powf((block * (to - from - 1)) as f64)
            }
        });
        let across = ops.constant(&[block, block], &across);
        let carried = ops.op("MatMul", &[&ends, &across]);
        let carried = ops.reshape(&carried, &[0, block as i64, 1]);
        let decay: Vec<f64> = (1..=block).map(|step| self.beta.powf(step as f64)).collect();
        let decay = ops.constant(&[1, 1, block], &decay);
        let carried = ops.op("Mul", &[&carried, &decay]);
        let variances = ops.op("Add", &[&inside, &carried]);
        let flat = ops.reshape(&variances, &[0, padded as i64]);
        ops.columns(&flat, padded - steps..padded)
    }

    /// What enters at each step, `[N, padded]`, the last column being the next bar: the start value at the first return,
    /// ω + a(e)·e² of the return before at each later one, 0 earlier.
    fn drive(
        &self,
        ops: &mut Ops<'_>,
        observed: &Observed,
        errors: &Value,
        squares: &Value,
        padded: usize,
    ) -> Value {
        let impact = self.impact(ops, errors);
        let shock = ops.op("Mul", &[&impact, squares]);
        let omega = ops.scalar(self.omega);
        let entering = ops.op("Add", &[&omega, &shock]);
        let front = padded - observed.length;
        let entering = ops.pad_columns(&entering, front, 0, 0.0);

        let total = sum_where(ops, &observed.burn_in, squares);
        let burn_in = ops.scalar(WindowParams::BURN_IN as f64);
        let start = ops.op("Div", &[&total, &burn_in]);
        let positions = ops.positions(1 - front as i64, padded);
        let at_start = ops.op("Equal", &[&positions, &observed.start]);
        let later = ops.op("Greater", &[&positions, &observed.start]);
        let zero = ops.scalar(0.0);
        let entering = ops.op("Where", &[&later, &entering, &zero]);
        ops.op("Where", &[&at_start, &start, &entering])
    }

    /// a(e): one constant, or chosen by the sign of e.
    fn impact(&self, ops: &mut Ops<'_>, errors: &Value) -> Value {
        let positive = ops.scalar(self.positive);
        if self.positive == self.negative {
            return positive;
        }
        let negative = ops.scalar(self.negative);
        let zero = ops.scalar(0.0);
        let down = ops.op("Less", &[errors, &zero]);
        ops.op("Where", &[&down, &negative, &positive])
    }
}

/// Row-major square matrix with `value(from, to)` in row `from`, column `to` ≥ `from`, and 0 below the diagonal.
fn triangle(size: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let cell = |index: usize| {
        let (from, to) = (index / size, index % size);
        if to < from { 0.0 } else { value(from, to) }
    };
    (0..size * size).map(cell).collect()
}
