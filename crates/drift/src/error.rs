use tidemark_core::{Code, Family};

/// Why drift could not be measured at all.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DriftError {
    /// A name that no statistic has.
    #[error("drift convention {name} is not known; choose one of {known}")]
    Convention {
        /// Name asked for.
        name: String,
        /// Names there are.
        known: String,
    },
    /// A flat matrix that is no whole number of rows.
    #[error(
        "{values} values are no whole number of rows of {columns} columns; pass full rows of one column or more"
    )]
    Shape {
        /// Values given.
        values: usize,
        /// Columns given.
        columns: usize,
    },
    /// A window that does not lie within the rows.
    #[error(
        "{window} rows {from}..{to} must lie within the {rows} rows given, in this order; correct the window"
    )]
    Rows {
        /// Which window.
        window: &'static str,
        /// First row.
        from: usize,
        /// Row after the last.
        to: usize,
        /// Rows of the matrix.
        rows: usize,
    },
}

impl Code for DriftError {
    fn code(&self) -> &'static str {
        match self {
            Self::Convention { .. } => "DRIFT_CONVENTION_UNKNOWN",
            Self::Shape { .. } => "MATRIX_SHAPE_INVALID",
            Self::Rows { .. } => "ROWS_OUT_OF_RANGE",
        }
    }

    fn family(&self) -> Family {
        Family::Caller
    }
}
