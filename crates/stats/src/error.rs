use tidemark_core::{CheckError, Code, Family};

/// Why a statistic could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// A number or a length breaks a precondition.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// No critical values are kept for this level.
    #[error("significance level must be one of 0.1, 0.05, 0.025, 0.01, got {level}; choose one of these")]
    Significance {
        /// Level asked for.
        level: f64,
    },
    /// More successes than trials, or no trials.
    #[error("{successes} of {trials} is not a count of successes in at least one trial; correct the counts")]
    Counts {
        /// Successes given.
        successes: u64,
        /// Trials given.
        trials: u64,
    },
    /// The values do not vary, so nothing can be said about their spread.
    #[error("{what} has zero variance; it needs values that differ")]
    Degenerate {
        /// Name of the argument.
        what: &'static str,
    },
}

impl Code for StatsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Check(error) => error.code(),
            Self::Significance { .. } => "SIGNIFICANCE_UNSUPPORTED",
            Self::Counts { .. } => "COUNTS_INVALID",
            Self::Degenerate { .. } => "ZERO_VARIANCE",
        }
    }

    fn family(&self) -> Family {
        Family::Caller
    }
}
