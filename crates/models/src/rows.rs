//! Rows of a data set and the slices of one fold.

use crate::{ModelError, Result};
use tidemark_indicators::InputSpec;

/// Rows of one slice, in time order. Borrowed: a slice is a view of the trainer's data set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows<'a> {
    /// Values per row.
    pub width: usize,
    /// Row-major, `labels.len() * width` values.
    pub inputs: &'a [f64],
    /// What each row should forecast.
    pub labels: &'a [f64],
    /// Sample weights (average uniqueness), positive.
    pub weights: &'a [f64],
    /// Event time of each row's bar, epoch milliseconds, strictly increasing.
    pub event_times: &'a [i64],
}

impl<'a> Rows<'a> {
    /// Checked rows.
    ///
    /// # Errors
    /// [`ModelError::InvalidRows`] unless the lengths fit each other and times increase.
    pub fn new(
        width: usize,
        inputs: &'a [f64],
        labels: &'a [f64],
        weights: &'a [f64],
        event_times: &'a [i64],
    ) -> Result<Self> {
        let rows = Self {
            width,
            inputs,
            labels,
            weights,
            event_times,
        };
        rows.check()?;
        Ok(rows)
    }

    /// Checks what [`Rows::new`] checks; fields are public, so families call it first.
    ///
    /// # Errors
    /// [`ModelError::InvalidRows`].
    pub fn check(&self) -> Result<()> {
        let n = self.labels.len();
        if self.inputs.len() != n * self.width || self.weights.len() != n || self.event_times.len() != n {
            return Err(ModelError::rows(format!(
                "{n} labels need {} inputs, {n} weights and times; got {}, {} and {}",
                n * self.width,
                self.inputs.len(),
                self.weights.len(),
                self.event_times.len()
            )));
        }
        if self.event_times.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(ModelError::rows("event times must increase strictly"));
        }
        Ok(())
    }

    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// True without rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The inputs of row `index`.
    #[must_use]
    pub fn row(&self, index: usize) -> &'a [f64] {
        &self.inputs[index * self.width..(index + 1) * self.width]
    }

    /// The inputs of every row, in order.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [f64]> + use<'a> {
        let (width, inputs) = (self.width, self.inputs);
        (0..self.labels.len()).map(move |index| &inputs[index * width..(index + 1) * width])
    }
}

/// The slices of one fold: disjoint, one after another in time, purged by label interval.
/// Early stopping and calibration may be empty.
#[derive(Clone, Copy, Debug)]
pub struct Slices<'a> {
    /// The inputs that make up a row, in order: the layout of every slice.
    pub inputs: &'a [InputSpec],
    /// What parameters are estimated on.
    pub fit: Rows<'a>,
    /// Where the number of boosting rounds is chosen.
    pub early_stopping: Rows<'a>,
    /// Where probabilities are calibrated.
    pub calibration: Rows<'a>,
}

impl Slices<'_> {
    /// Checks every slice, that they share the width of `inputs`, and that they follow one another in time.
    ///
    /// # Errors
    /// [`ModelError::InvalidRows`].
    pub fn check(&self) -> Result<()> {
        let width: usize = self.inputs.iter().map(InputSpec::width).sum();
        let mut last = i64::MIN;
        for (name, rows) in [
            ("fit", &self.fit),
            ("early stopping", &self.early_stopping),
            ("calibration", &self.calibration),
        ] {
            rows.check()?;
            let (Some(&first), Some(&end)) = (rows.event_times.first(), rows.event_times.last()) else {
                continue;
            };
            if rows.width != width {
                return Err(ModelError::rows(format!(
                    "the {name} slice is {} values wide, its inputs {width}",
                    rows.width
                )));
            }
            if first <= last {
                return Err(ModelError::rows(format!(
                    "the {name} slice starts before the previous one ends"
                )));
            }
            last = end;
        }
        Ok(())
    }
}
