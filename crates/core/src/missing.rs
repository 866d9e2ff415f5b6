use crate::CheckError;

/// The observed part of a window that may be padded with NaN at its front.
///
/// Missing-value policy: NaN means "not observed yet" and may stand only before the first observation. A NaN
/// after it, or an infinity anywhere, is a fault in the data and is reported, never skipped.
///
/// ```
/// let window = [f64::NAN, f64::NAN, 1.0, 2.0];
/// assert_eq!(tidemark_core::observed_suffix("window", &window).unwrap(), &[1.0, 2.0]);
/// ```
///
/// # Errors
/// [`CheckError::NotFinite`] with the index in the whole window.
pub fn observed_suffix<'a>(what: &'static str, window: &'a [f64]) -> Result<&'a [f64], CheckError> {
    let start = window
        .iter()
        .position(|value| !value.is_nan())
        .unwrap_or(window.len());
    match window[start..].iter().position(|value| !value.is_finite()) {
        None => Ok(&window[start..]),
        Some(offset) => {
            let index = start + offset;
            Err(CheckError::NotFinite {
                what,
                index,
                value: window[index],
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn padding_is_dropped_and_holes_are_refused() {
        assert!(observed_suffix("w", &[f64::NAN]).unwrap().is_empty());
        assert_eq!(observed_suffix("w", &[f64::NAN, 1.0]).unwrap(), &[1.0]);
        for window in [[1.0, f64::NAN], [f64::NAN, f64::INFINITY]] {
            assert_eq!(
                observed_suffix("w", &window).unwrap_err().code(),
                "VALUE_NOT_FINITE"
            );
        }
    }
}
