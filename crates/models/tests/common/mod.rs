//! Data sets for the volatility tests: rows made by the feature code, as in production.

use tidemark_core::Bar;
use tidemark_indicators::{InputSpec, LabelSpec, input_rows, labels, row_width};
use tidemark_models::{Family, Rows, Slices, WindowParams};

/// Owned rows of consecutive bars.
pub(crate) struct Dataset {
    pub(crate) inputs: Vec<InputSpec>,
    pub(crate) values: Vec<f64>,
    pub(crate) labels: Vec<f64>,
    pub(crate) times: Vec<i64>,
    weights: Vec<f64>,
    /// First bar.
    pub(crate) from: usize,
}

impl Dataset {
    /// Rows of bars `from..to`; the bar after the last must exist, for its label.
    pub(crate) fn new(family: &dyn Family, bars: &[Bar], from: usize, to: usize) -> Self {
        let inputs = family.inputs(&[], &WindowParams::default());
        let label = LabelSpec::NextSquaredReturn;
        let all = labels(bars, &label).unwrap();
        Self {
            values: input_rows(bars, from..to, &inputs, &label).unwrap(),
            labels: all[from..to].iter().map(|label| label.unwrap().value).collect(),
            times: bars[from..to].iter().map(|bar| bar.event_time).collect(),
            weights: vec![1.0; to - from],
            inputs,
            from,
        }
    }

    pub(crate) fn width(&self) -> usize {
        row_width(&self.inputs)
    }

    pub(crate) fn row(&self, bar: usize) -> &[f64] {
        let index = bar - self.from;
        &self.values[index * self.width()..(index + 1) * self.width()]
    }

    /// Rows of bars `from..to`.
    pub(crate) fn rows(&self, from: usize, to: usize) -> Rows<'_> {
        let (from, to) = (from - self.from, to - self.from);
        let width = self.width();
        Rows::new(
            width,
            &self.values[from * width..to * width],
            &self.labels[from..to],
            &self.weights[from..to],
            &self.times[from..to],
        )
        .unwrap()
    }

    /// Everything up to bar `to` to fit on, the rest to calibrate.
    pub(crate) fn slices(&self, to: usize) -> Slices<'_> {
        Slices {
            inputs: &self.inputs,
            fit: self.rows(self.from, to),
            early_stopping: Rows::default(),
            calibration: self.rows(to, self.from + self.labels.len()),
        }
    }
}
