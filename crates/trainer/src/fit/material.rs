//! The rows of a fit: the inputs of one family for every dataset row the split touches.

use std::ops::Range;

use tidemark_indicators::{InputKind, InputSpec, row_width, rows_from_columns};
use tidemark_models::Rows;

use crate::dataset::{Dataset, LABEL_RATE};
use crate::error::Failure;
use crate::instant::format_instant;
use crate::split::{Split, TimeRange};

/// Input rows laid out once; slices of a fold are views into them.
pub(super) struct Material<'a> {
    /// What a row consists of.
    pub(super) inputs: Vec<InputSpec>,
    /// Values of a row.
    pub(super) width: usize,
    dataset: &'a Dataset,
    /// Dataset rows held here.
    span: Range<usize>,
    values: Vec<f64>,
}

/// Values of an input's column in the dataset.
pub(super) fn series<'a>(dataset: &'a Dataset, input: &InputSpec) -> Option<&'a [f64]> {
    match input.kind {
        InputKind::Column { column } | InputKind::Window { column, .. } => dataset.column(column.as_str()),
        InputKind::MaturedLabelRate => dataset.column(LABEL_RATE),
    }
}

/// Whether an input is a stretch of history rather than one number.
pub(super) const fn is_window(input: &InputSpec) -> bool {
    matches!(input.kind, InputKind::Window { .. })
}

impl<'a> Material<'a> {
    /// Builds the rows from the first fold's fit slice to the end of the split.
    ///
    /// # Errors
    /// `INVALID_DATA` when a column is missing, `INSUFFICIENT_DATA` when a scalar has no value yet.
    pub(super) fn build(
        dataset: &'a Dataset,
        split: &Split,
        inputs: Vec<InputSpec>,
    ) -> Result<Self, Failure> {
        let from = split.folds.iter().map(|fold| fold.fit.from).min();
        let (Some(from), Some(to)) = (from, split.end()) else {
            return Err(Failure::invalid_job("the split has no folds"));
        };
        let span = rows_within(dataset, &TimeRange { from, to });
        let values = rows_from_columns(span.clone(), &inputs, |input| series(dataset, input))?;
        Ok(Self {
            width: row_width(&inputs),
            inputs,
            dataset,
            span,
            values,
        })
    }

    /// The labelled rows of a slice.
    ///
    /// # Errors
    /// `INVALID_DATA` when a row in the slice has no label.
    pub(super) fn rows(&self, range: &TimeRange) -> Result<Rows<'_>, Failure> {
        let rows = rows_within(self.dataset, range);
        if let Some(row) = rows.clone().find(|row| self.dataset.label[*row].is_nan()) {
            let time = format_instant(self.dataset.event_time[row]);
            return Err(Failure::invalid_data(format!(
                "the row of {time} lies in a slice and has no label"
            )));
        }
        Ok(Rows {
            width: self.width,
            inputs: self.inputs_of(rows.clone()),
            labels: &self.dataset.label[rows.clone()],
            weights: &self.dataset.weight[rows.clone()],
            event_times: &self.dataset.event_time[rows],
        })
    }

    /// The inputs of every row from an instant to the end of the split, labelled or not, row-major.
    pub(super) fn inputs_from(&self, from: i64) -> &[f64] {
        let first = self.dataset.event_time.partition_point(|time| *time < from);
        self.inputs_of(first.clamp(self.span.start, self.span.end)..self.span.end)
    }

    /// The inputs of every row of a span, labelled or not, row-major.
    pub(super) fn inputs_within(&self, range: &TimeRange) -> &[f64] {
        self.inputs_of(rows_within(self.dataset, range))
    }

    fn inputs_of(&self, rows: Range<usize>) -> &[f64] {
        let from = rows.start - self.span.start;
        &self.values[from * self.width..(from + rows.len()) * self.width]
    }

    /// Places of the scalars in a row.
    pub(super) fn scalars(&self) -> impl Iterator<Item = usize> {
        self.places()
            .filter(|(_, input)| !is_window(input))
            .map(|(place, _)| place.start)
    }

    /// Places of the windows in a row.
    pub(super) fn windows(&self) -> impl Iterator<Item = Range<usize>> {
        self.places()
            .filter(|(_, input)| is_window(input))
            .map(|(place, _)| place)
    }

    /// Places of every input in a row.
    pub(super) fn places(&self) -> impl Iterator<Item = (Range<usize>, &InputSpec)> {
        self.inputs.iter().scan(0, |next, input| {
            let start = *next;
            *next += input.width();
            Some((start..*next, input))
        })
    }
}

fn rows_within(dataset: &Dataset, range: &TimeRange) -> Range<usize> {
    let from = dataset.event_time.partition_point(|time| *time < range.from);
    let to = dataset.event_time.partition_point(|time| *time < range.to);
    from..to.max(from)
}

/// Smallest and largest value of one place over row-major inputs.
pub(super) fn extent(inputs: &[f64], width: usize, place: usize) -> (f64, f64) {
    inputs
        .chunks_exact(width)
        .map(|row| row[place])
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
}
