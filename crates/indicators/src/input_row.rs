use std::ops::Range;

use crate::column_series::check_range;
use crate::{
    Bar, Column, IndicatorError, InputKind, InputSpec, LabelSpec, MIN_MATURED_LABELS, check_inputs,
    columns_in, matured_label_rates, row_width,
};

/// Writes the model input row of bar `t`, made from bars `..= t` alone, into `out` (length [`row_width`]).
///
/// Windows lie oldest value first, padded with NaN at the front where history is shorter; scalars are never NaN.
///
/// # Errors
/// [`IndicatorError::InsufficientHistory`] or [`IndicatorError::InsufficientLabels`] while a scalar has no value;
/// otherwise as [`input_rows`].
pub fn input_row(
    bars: &[Bar],
    t: usize,
    inputs: &[InputSpec],
    label: &LabelSpec,
    out: &mut [f64],
) -> Result<(), IndicatorError> {
    input_rows_into(bars, t..t.saturating_add(1), inputs, label, out)
}

/// Input rows of a range of bars, row-major; bit-equal to [`input_row`] called for each.
///
/// # Errors
/// The first bar with an unavailable scalar fails the whole call, so the caller chooses a range that starts late
/// enough. [`IndicatorError::RowsOutOfRange`], [`IndicatorError::InputSpec`], [`IndicatorError::LabelSpec`] and
/// [`IndicatorError::Bar`] as their names say.
pub fn input_rows(
    bars: &[Bar],
    range: Range<usize>,
    inputs: &[InputSpec],
    label: &LabelSpec,
) -> Result<Vec<f64>, IndicatorError> {
    check_range(bars, &range)?;
    check_inputs(inputs)?;
    let mut out = vec![0.0; range.len() * row_width(inputs)];
    input_rows_into(bars, range, inputs, label, &mut out)?;
    Ok(out)
}

/// [`input_rows`] into a slice of the caller.
///
/// # Errors
/// As [`input_rows`], and [`IndicatorError::OutputLength`] when the slice does not fit.
pub fn input_rows_into(
    bars: &[Bar],
    range: Range<usize>,
    inputs: &[InputSpec],
    label: &LabelSpec,
    out: &mut [f64],
) -> Result<(), IndicatorError> {
    check_range(bars, &range)?;
    check_inputs(inputs)?;
    let sources = computed_series(bars, &range, inputs, label)?;
    let series: Vec<Series> = sources
        .iter()
        .map(|(first, values)| Series {
            first: *first,
            values,
        })
        .collect();
    fill_rows(inputs, &range, &series, out)
}

/// Rows assembled from per-bar values computed before (a stored data set) instead of from bars.
///
/// `lookup` gives the values of an input's column, or of the matured label rate, from bar 0 on, NaN in warm-up.
/// With the values of [`crate::columns`] and [`matured_label_rates`] the rows equal those of [`input_rows`] bit for bit.
///
/// # Errors
/// [`IndicatorError::MissingSeries`] when `lookup` knows no values for an input, [`IndicatorError::RowsOutOfRange`]
/// when they end before the rows do; otherwise as [`input_rows`].
pub fn rows_from_columns<'a>(
    range: Range<usize>,
    inputs: &[InputSpec],
    lookup: impl Fn(&InputSpec) -> Option<&'a [f64]>,
) -> Result<Vec<f64>, IndicatorError> {
    check_inputs(inputs)?;
    let mut series = Vec::with_capacity(inputs.len());
    for input in inputs {
        let missing = || IndicatorError::MissingSeries {
            name: input.name.clone(),
        };
        let values = lookup(input).ok_or_else(missing)?;
        if range.start > range.end || range.end > values.len() {
            return Err(IndicatorError::RowsOutOfRange {
                from: range.start,
                to: range.end,
                bars: values.len(),
            });
        }
        series.push(Series { first: 0, values });
    }
    let mut out = vec![0.0; range.len() * row_width(inputs)];
    fill_rows(inputs, &range, &series, &mut out)?;
    Ok(out)
}

/// Per-bar values from bar `first` on.
struct Series<'a> {
    first: usize,
    values: &'a [f64],
}

type Computed = (usize, Vec<f64>);

/// One series per input, each computed just far enough back for its window.
fn computed_series(
    bars: &[Bar],
    range: &Range<usize>,
    inputs: &[InputSpec],
    label: &LabelSpec,
) -> Result<Vec<Computed>, IndicatorError> {
    // Scalar columns go through one call, which shares the averages they have in common.
    let scalars: Vec<Column> = inputs.iter().filter_map(scalar_column).collect();
    let mut scalar_values = columns_in(bars, range.clone(), &scalars)?.into_iter();
    let mut computed = Vec::with_capacity(inputs.len());
    for input in inputs {
        computed.push(match input.kind {
            InputKind::Column { .. } => (range.start, scalar_values.next().unwrap_or_default()),
            InputKind::Window { column, length } => {
                let first = range.start.saturating_sub(length - 1);
                (first, columns_in(bars, first..range.end, &[column])?.concat())
            }
            InputKind::MaturedLabelRate => (range.start, matured_label_rates(bars, range.clone(), label)?),
        });
    }
    Ok(computed)
}

fn scalar_column(input: &InputSpec) -> Option<Column> {
    match input.kind {
        InputKind::Column { column } => Some(column),
        InputKind::Window { .. } | InputKind::MaturedLabelRate => None,
    }
}

fn fill_rows(
    inputs: &[InputSpec],
    range: &Range<usize>,
    series: &[Series<'_>],
    out: &mut [f64],
) -> Result<(), IndicatorError> {
    let width = row_width(inputs);
    let expected = range.len() * width;
    if out.len() != expected {
        return Err(IndicatorError::OutputLength {
            expected,
            actual: out.len(),
        });
    }
    for (row, t) in range.clone().enumerate() {
        let mut rest = &mut out[row * width..(row + 1) * width];
        for (input, source) in inputs.iter().zip(series) {
            let (place, after) = rest.split_at_mut(input.width());
            fill_input(input, t, source, place)?;
            rest = after;
        }
    }
    Ok(())
}

fn fill_input(
    input: &InputSpec,
    t: usize,
    source: &Series<'_>,
    place: &mut [f64],
) -> Result<(), IndicatorError> {
    let offset = t - source.first;
    let present = place.len().min(offset + 1);
    let (padding, values) = place.split_at_mut(place.len() - present);
    padding.fill(f64::NAN);
    values.copy_from_slice(&source.values[offset + 1 - present..=offset]);
    let name = || input.name.clone();
    match input.kind {
        InputKind::Column { column } if values[0].is_nan() => Err(IndicatorError::InsufficientHistory {
            name: name(),
            bar: t,
            needed: column.bars_needed(),
        }),
        InputKind::MaturedLabelRate if values[0].is_nan() => Err(IndicatorError::InsufficientLabels {
            name: name(),
            bar: t,
            needed: MIN_MATURED_LABELS,
        }),
        _ => Ok(()),
    }
}
