use crate::{Code, Family};

/// A precondition on plain numbers or lengths that does not hold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A value is NaN or infinite where only finite numbers are accepted.
    #[error("{what}[{index}] must be finite, got {value}; remove or repair this value")]
    NotFinite {
        /// Name of the argument.
        what: &'static str,
        /// Position of the first offending value.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A value lies outside the closed range it must lie in.
    #[error("{what}[{index}] must be in [{low}, {high}], got {value}; correct this value")]
    OutOfRange {
        /// Name of the argument.
        what: &'static str,
        /// Position of the first offending value.
        index: usize,
        /// The value found.
        value: f64,
        /// Smallest accepted value.
        low: f64,
        /// Largest accepted value.
        high: f64,
    },
    /// Two sequences that belong together differ in length.
    #[error("{what} must have {expected} values, got {actual}; pass one value per row")]
    LengthMismatch {
        /// Name of the argument.
        what: &'static str,
        /// Length required.
        expected: usize,
        /// Length found.
        actual: usize,
    },
    /// There are too few values to compute what was asked.
    #[error("{what} needs at least {needed} values, got {actual}; supply more data")]
    TooShort {
        /// Name of the argument.
        what: &'static str,
        /// Fewest values accepted.
        needed: usize,
        /// Values found.
        actual: usize,
    },
}

impl Code for CheckError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFinite { .. } => "VALUE_NOT_FINITE",
            Self::OutOfRange { .. } => "VALUE_OUT_OF_RANGE",
            Self::LengthMismatch { .. } => "LENGTH_MISMATCH",
            Self::TooShort { .. } => "INSUFFICIENT_DATA",
        }
    }

    fn family(&self) -> Family {
        Family::Caller
    }
}

/// Every value is finite.
///
/// # Errors
/// [`CheckError::NotFinite`] with the first NaN or infinity.
pub fn finite(what: &'static str, values: &[f64]) -> Result<(), CheckError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(CheckError::NotFinite {
            what,
            index,
            value: values[index],
        }),
    }
}

/// Every value is finite and within the closed range `[low, high]`.
///
/// # Errors
/// [`CheckError::NotFinite`] or [`CheckError::OutOfRange`] with the first offender.
pub fn in_range(what: &'static str, values: &[f64], low: f64, high: f64) -> Result<(), CheckError> {
    for (index, &value) in values.iter().enumerate() {
        if !value.is_finite() {
            return Err(CheckError::NotFinite { what, index, value });
        }
        if value < low || value > high {
            return Err(CheckError::OutOfRange {
                what,
                index,
                value,
                low,
                high,
            });
        }
    }
    Ok(())
}

/// Every value is finite and strictly positive.
///
/// # Errors
/// [`CheckError::NotFinite`] or [`CheckError::OutOfRange`] with the first offender.
pub fn positive(what: &'static str, values: &[f64]) -> Result<(), CheckError> {
    in_range(what, values, f64::MIN_POSITIVE, f64::MAX)
}

/// Every value is finite and not below zero.
///
/// # Errors
/// [`CheckError::NotFinite`] or [`CheckError::OutOfRange`] with the first offender.
pub fn non_negative(what: &'static str, values: &[f64]) -> Result<(), CheckError> {
    in_range(what, values, 0.0, f64::MAX)
}

/// A sequence has exactly the expected length.
///
/// # Errors
/// [`CheckError::LengthMismatch`].
pub fn same_len(what: &'static str, expected: usize, actual: usize) -> Result<(), CheckError> {
    if expected == actual {
        Ok(())
    } else {
        Err(CheckError::LengthMismatch {
            what,
            expected,
            actual,
        })
    }
}

/// A sequence has at least `needed` values.
///
/// # Errors
/// [`CheckError::TooShort`].
pub fn min_len(what: &'static str, needed: usize, actual: usize) -> Result<(), CheckError> {
    if actual >= needed {
        Ok(())
    } else {
        Err(CheckError::TooShort { what, needed, actual })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), CheckError>) -> &'static str {
        result.map_or_else(|error| error.code(), |()| "ok")
    }

    #[test]
    fn finite_names_the_first_offender() {
        assert_eq!(code(finite("x", &[])), "ok");
        assert_eq!(code(finite("x", &[1.0, -2.0])), "ok");
        let error = finite("x", &[1.0, f64::INFINITY, f64::NAN]).unwrap_err();
        assert_eq!(
            error,
            CheckError::NotFinite {
                what: "x",
                index: 1,
                value: f64::INFINITY
            }
        );
    }

    #[test]
    fn ranges_are_closed_and_reject_nan() {
        assert_eq!(code(in_range("p", &[0.0, 1.0], 0.0, 1.0)), "ok");
        assert_eq!(
            code(in_range("p", &[0.5, 1.000_001], 0.0, 1.0)),
            "VALUE_OUT_OF_RANGE"
        );
        assert_eq!(code(in_range("p", &[f64::NAN], 0.0, 1.0)), "VALUE_NOT_FINITE");
        assert_eq!(code(positive("h", &[0.0])), "VALUE_OUT_OF_RANGE");
        assert_eq!(code(positive("h", &[1e-300])), "ok");
        assert_eq!(code(non_negative("r", &[0.0, 3.0])), "ok");
        assert_eq!(code(non_negative("r", &[-1e-12])), "VALUE_OUT_OF_RANGE");
    }

    #[test]
    fn lengths_are_checked() {
        assert_eq!(code(same_len("y", 3, 3)), "ok");
        assert_eq!(code(same_len("y", 3, 2)), "LENGTH_MISMATCH");
        assert_eq!(code(min_len("y", 3, 3)), "ok");
        assert_eq!(code(min_len("y", 3, 2)), "INSUFFICIENT_DATA");
        assert_eq!(min_len("y", 3, 2).unwrap_err().family(), Family::Caller);
    }
}
