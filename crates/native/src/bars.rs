//! Bars as they cross the boundary: row-major, six numbers each.

use tidemark_core::Bar;

use crate::edge::Fault;

/// Event time (epoch ms), open, high, low, close, volume.
const COLUMNS: usize = 6;

/// Bars from `values`. Prices are judged by whoever computes with them.
pub(crate) fn bars(values: &[f64]) -> Result<Vec<Bar>, Fault> {
    if !values.len().is_multiple_of(COLUMNS) {
        let length = values.len();
        return Err(Fault::new(
            "BARS_INVALID",
            format!("bars are rows of {COLUMNS} numbers, got {length} numbers"),
        ));
    }
    values
        .chunks_exact(COLUMNS)
        .enumerate()
        .map(|(index, row)| bar(index, row))
        .collect()
}

fn bar(index: usize, row: &[f64]) -> Result<Bar, Fault> {
    let time = row[0];
    // Beyond 2^53 a float no longer holds every millisecond.
    if time.fract() != 0.0 || time.abs() > 9_007_199_254_740_992.0 {
        return Err(Fault::new(
            "BARS_INVALID",
            format!("bar {index}: event time must be whole milliseconds, got {time}"),
        ));
    }
    Ok(Bar {
        event_time: time as i64,
        open: row[1],
        high: row[2],
        low: row[3],
        close: row[4],
        volume: row[5],
    })
}
