use tidemark_core::{finite, in_range, min_len};

use crate::StatsError;

/// Linear-interpolation quantile (type 7 of Hyndman and Fan, 1996; the default of most packages): with h = (n − 1)p,
/// x₍⌊h⌋₎ + (h − ⌊h⌋)(x₍⌊h⌋₊₁₎ − x₍⌊h⌋₎) over the ordered values counted from 0.
///
/// ```
/// assert_eq!(tidemark_stats::quantile(&[4.0, 1.0, 3.0, 2.0], 0.5).unwrap(), 2.5);
/// ```
///
/// # Errors
/// `INSUFFICIENT_DATA` for no values, `VALUE_NOT_FINITE`, `VALUE_OUT_OF_RANGE` for p outside \[0, 1\].
pub fn quantile(values: &[f64], p: f64) -> Result<f64, StatsError> {
    finite("values", values)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, p)
}

/// [`quantile`] of values already in ascending order; the order is the caller's promise.
///
/// # Errors
/// `INSUFFICIENT_DATA` for no values, `VALUE_OUT_OF_RANGE` for p outside \[0, 1\].
pub fn quantile_of_sorted(sorted: &[f64], p: f64) -> Result<f64, StatsError> {
    min_len("values", 1, sorted.len())?;
    in_range("p", &[p], 0.0, 1.0)?;
    let position = (sorted.len() - 1) as f64 * p;
    let below = position.floor() as usize;
    let low = sorted[below];
    // At p = 1 there is no next value, and no distance to it.
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    Ok(low + (position - below as f64) * (high - low))
}
