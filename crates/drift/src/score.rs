use crate::Bin;

/// Whether a statistic could be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Computed.
    Ok,
    /// A sample has no finite value; there is no figure.
    Insufficient,
    /// The reference does not vary, or too little for the scale of the statistic: a figure, where there is one, says
    /// that the samples differ and not by how much.
    Degenerate,
}

impl Status {
    /// The word used for the status in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Insufficient => "insufficient",
            Self::Degenerate => "degenerate",
        }
    }
}

/// What a statistic found. Fields that could not be computed, or that the statistic does not have, are `None` or empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Name of the convention, such as `psi/quantile-ref`.
    pub convention: &'static str,
    /// Version of the convention; it changes with the numbers.
    pub version: u32,
    /// Whether there is a figure and what it is worth.
    pub status: Status,
    /// The figure: 0 for samples that agree, larger the further they lie apart; always finite.
    pub value: Option<f64>,
    /// Finite reference values.
    pub n_reference: usize,
    /// Finite current values.
    pub n_current: usize,
    /// Probability of a value at least as large from two samples of independent values of one law.
    pub p: Option<f64>,
    /// Smallest value at which the distributions lie furthest apart.
    pub location: Option<f64>,
    /// 1 when the reference's distribution function lies above the current one there, which means that the current
    /// values are larger; −1 when below.
    pub sign: Option<i8>,
    /// Terms of the statistic by bin, where it is binned.
    pub bins: Vec<Bin>,
}
