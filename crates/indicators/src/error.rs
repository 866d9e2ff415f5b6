use tidemark_core::{BarError, Code, Family};

/// Why a column, label or input row could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IndicatorError {
    /// A bar breaks what every computation relies on.
    #[error(transparent)]
    Bar(#[from] BarError),
    /// No column has this name.
    #[error("unknown column '{name}'; the columns are {known}")]
    UnknownColumn {
        /// Name found.
        name: String,
        /// Every accepted name, separated by commas.
        known: String,
    },
    /// An input list that cannot describe a row.
    #[error("input {position} ('{name}'): {reason}; correct the input list")]
    InputSpec {
        /// Position in the list.
        position: usize,
        /// Name of the input.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A label rule that cannot be computed.
    #[error("label {kind}: {reason}; correct the label rule")]
    LabelSpec {
        /// Kind of label.
        kind: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A scalar input still warms up at this bar.
    #[error("input '{name}' has no value at bar {bar}: it needs {needed} bars of history, got {}; supply earlier bars or start later", bar + 1)]
    InsufficientHistory {
        /// Name of the input.
        name: String,
        /// Bar asked for.
        bar: usize,
        /// Bars needed, this one included.
        needed: usize,
    },
    /// Too few labels have matured at this bar.
    #[error(
        "input '{name}' needs {needed} matured labels, bar {bar} has fewer; supply earlier bars or start later"
    )]
    InsufficientLabels {
        /// Name of the input.
        name: String,
        /// Bar asked for.
        bar: usize,
        /// Matured labels needed.
        needed: usize,
    },
    /// The rows asked for are not covered by the bars.
    #[error("rows {from}..{to} must lie within the {bars} bars given; ask for existing bars")]
    RowsOutOfRange {
        /// First row.
        from: usize,
        /// One past the last row.
        to: usize,
        /// Bars given.
        bars: usize,
    },
    /// The output slice does not have the size of the rows.
    #[error("output must hold {expected} values, got {actual}; size it as rows × row width")]
    OutputLength {
        /// Values needed.
        expected: usize,
        /// Values the slice holds.
        actual: usize,
    },
    /// A per-bar series that an input needs was not supplied.
    #[error("no values supplied for input '{name}'; add its column to the data")]
    MissingSeries {
        /// Name of the input.
        name: String,
    },
}

impl Code for IndicatorError {
    fn code(&self) -> &'static str {
        match self {
            Self::Bar(error) => error.code(),
            Self::UnknownColumn { .. } => "COLUMN_UNKNOWN",
            Self::InputSpec { .. } => "INPUT_SPEC_INVALID",
            Self::LabelSpec { .. } => "LABEL_SPEC_INVALID",
            Self::InsufficientHistory { .. } => "INSUFFICIENT_HISTORY",
            Self::InsufficientLabels { .. } => "INSUFFICIENT_LABELS",
            Self::RowsOutOfRange { .. } => "ROWS_OUT_OF_RANGE",
            Self::OutputLength { .. } => "OUTPUT_LENGTH_INVALID",
            Self::MissingSeries { .. } => "INPUT_SERIES_MISSING",
        }
    }

    fn family(&self) -> Family {
        Family::Caller
    }
}
