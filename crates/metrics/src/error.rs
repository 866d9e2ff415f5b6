use tidemark_core::{CheckError, Code, Family};
use tidemark_stats::StatsError;

/// Why a measure could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// A number or a length breaks a precondition.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A statistic behind the measure could not be computed.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// A direction label that is neither 0 nor 1.
    #[error("labels[{index}] must be 0 or 1, got {value}; pass direction labels")]
    Label {
        /// Position of the label.
        index: usize,
        /// Value found.
        value: f64,
    },
    /// A fill "after 0 bars", which would be a fill at the deciding close under a harmless name.
    #[error(
        "a fill must come at least 1 bar after the decision; ask for same_close by name to fill on the same bar"
    )]
    ZeroLag,
}

impl Code for MetricError {
    fn code(&self) -> &'static str {
        match self {
            Self::Check(error) => error.code(),
            Self::Stats(error) => error.code(),
            Self::Label { .. } => "LABEL_INVALID",
            Self::ZeroLag => "FILL_LAG_INVALID",
        }
    }

    fn family(&self) -> Family {
        Family::Caller
    }
}

/// Mean of values that are known not to be empty.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Checks probabilities in \[0, 1\] and labels of 0 or 1, one each per row and at least one row.
pub(crate) fn check_direction(probabilities: &[f64], labels: &[f64]) -> Result<(), MetricError> {
    tidemark_core::min_len("labels", 1, labels.len())?;
    tidemark_core::same_len("probabilities", labels.len(), probabilities.len())?;
    tidemark_core::in_range("probabilities", probabilities, 0.0, 1.0)?;
    check_labels(labels)
}

pub(crate) fn check_labels(labels: &[f64]) -> Result<(), MetricError> {
    match labels.iter().position(|&label| label != 0.0 && label != 1.0) {
        None => Ok(()),
        Some(index) => Err(MetricError::Label {
            index,
            value: labels[index],
        }),
    }
}
