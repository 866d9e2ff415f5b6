use crate::{
    Bin, DriftError, JsQuantileRef, KlQuantileRef, KolmogorovSmirnov, PsiFloor, PsiQuantileRef, Reference,
    Sample, Score, Status, W1, W1Iqr, W1Std,
};

/// Name and version of a way to compute a statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convention {
    /// `family/variant`.
    pub name: &'static str,
    /// Rises whenever the same samples would give another number.
    pub version: u32,
}

/// Whether to compute p-values, which cost far more than the statistics they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PValue {
    /// Where the statistic has one.
    Compute,
    /// Leave them out.
    Skip,
}

/// A figure of two samples that are not empty, as a statistic hands it to [`Statistic::score`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// The figure, `None` where there is none.
    pub value: Option<f64>,
    /// The scale that the figure is measured in is not there, although the reference varies.
    pub lacks_scale: bool,
    /// See [`Score::p`].
    pub p: Option<f64>,
    /// See [`Score::location`].
    pub location: Option<f64>,
    /// See [`Score::sign`].
    pub sign: Option<i8>,
    /// See [`Score::bins`].
    pub bins: Vec<Bin>,
}

/// A way to say how far a current sample lies from a reference.
///
/// Contract, which `tests/conformance.rs` runs for every member of [`all_statistics`]: 0 or more; 0 for a sample with
/// the reference's values; larger for a larger shift; the same whatever the order of the values; a function of finite
/// values only; no figure without values; the same bits for the same input.
pub trait Statistic: Sync {
    /// Its name and version.
    fn convention(&self) -> Convention;

    /// The figure of samples that both have values.
    fn measure(&self, reference: &Reference, current: &Sample, p: PValue) -> Measured;

    /// The figure with its status. A figure beyond the range of f64 is none, and degenerate.
    fn score(&self, reference: &Reference, current: &Sample, p: PValue) -> Score {
        let Convention { name, version } = self.convention();
        let is_insufficient = reference.sample().is_empty() || current.is_empty();
        let measured = if is_insufficient {
            Measured::default()
        } else {
            self.measure(reference, current, p)
        };
        let value = measured.value.filter(|value| value.is_finite());
        let status = if is_insufficient {
            Status::Insufficient
        } else if value.is_none() || measured.lacks_scale || reference.sample().is_constant() {
            Status::Degenerate
        } else {
            Status::Ok
        };
        Score {
            convention: name,
            version,
            status,
            value,
            n_reference: reference.sample().len(),
            n_current: current.len(),
            p: measured.p,
            location: measured.location,
            sign: measured.sign,
            bins: measured.bins,
        }
    }
}

/// Every statistic, in the order of their documentation.
#[must_use]
pub fn all_statistics() -> &'static [&'static dyn Statistic] {
    &[
        &PsiQuantileRef,
        &PsiFloor,
        &KlQuantileRef,
        &JsQuantileRef,
        &KolmogorovSmirnov,
        &W1,
        &W1Std,
        &W1Iqr,
    ]
}

/// The statistic whose convention has this name.
///
/// # Errors
/// `DRIFT_CONVENTION_UNKNOWN`.
pub fn statistic(name: &str) -> Result<&'static dyn Statistic, DriftError> {
    let found = all_statistics()
        .iter()
        .find(|statistic| statistic.convention().name == name);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = all_statistics()
            .iter()
            .map(|statistic| statistic.convention().name)
            .collect();
        DriftError::Convention {
            name: name.to_owned(),
            known: names.join(", "),
        }
    })
}
