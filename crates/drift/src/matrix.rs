use std::ops::Range;

use crate::{DriftError, NonFinite, PValue, Reference, Sample, Score, Statistic};

/// Rows of a row-major matrix to compare, by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// Values in a row.
    pub columns: usize,
    /// Rows of the reference, half-open.
    pub reference: Range<usize>,
    /// Rows of the current sample, half-open. May overlap the reference; that is the caller's question.
    pub current: Range<usize>,
}

/// Drift of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDrift {
    /// What the reference window left out.
    pub reference: NonFinite,
    /// What the current window left out.
    pub current: NonFinite,
    /// One score a statistic, in the order asked for.
    pub scores: Vec<Score>,
}

/// Drift of every column between two windows of rows; each column's reference is frozen once for all statistics. A
/// window without rows is insufficient, not an error.
///
/// # Errors
/// `MATRIX_SHAPE_INVALID`, `ROWS_OUT_OF_RANGE`.
pub fn drift_by_column(
    values: &[f64],
    windows: &Windows,
    statistics: &[&dyn Statistic],
    p: PValue,
) -> Result<Vec<ColumnDrift>, DriftError> {
    let columns = windows.columns;
    if columns == 0 || !values.len().is_multiple_of(columns) {
        return Err(DriftError::Shape {
            values: values.len(),
            columns,
        });
    }
    let reference = rows("reference", values, columns, &windows.reference)?;
    let current = rows("current", values, columns, &windows.current)?;
    let column = |rows: &'_ [f64], index| {
        rows.iter()
            .skip(index)
            .step_by(columns)
            .copied()
            .collect::<Vec<_>>()
    };
    Ok((0..columns)
        .map(|index| {
            let reference = Reference::new(column(reference, index));
            let current = Sample::new(column(current, index));
            ColumnDrift {
                reference: reference.sample().non_finite(),
                current: current.non_finite(),
                scores: statistics
                    .iter()
                    .map(|statistic| statistic.score(&reference, &current, p))
                    .collect(),
            }
        })
        .collect())
}

fn rows<'a>(
    window: &'static str,
    values: &'a [f64],
    columns: usize,
    range: &Range<usize>,
) -> Result<&'a [f64], DriftError> {
    let rows = values.len() / columns;
    if range.start > range.end || range.end > rows {
        return Err(DriftError::Rows {
            window,
            from: range.start,
            to: range.end,
            rows,
        });
    }
    Ok(&values[range.start * columns..range.end * columns])
}
