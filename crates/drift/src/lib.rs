//! How far a current sample lies from a frozen reference, by statistics whose conventions are named and versioned.
//!
//! A name such as `psi/quantile-ref` fixes edges, smoothing and unit: two packages that both say "PSI" seldom compute
//! the same number. Every statistic keeps the contract of [`Statistic`] and passes one conformance suite. NaN and
//! infinities are counted ([`NonFinite`]) and kept out; what cannot be computed is a [`Status`], never NaN, 0 or p = 1.
//!
//! No statistic here knows of time. Values of one market are autocorrelated, and two windows without any drift then
//! differ by far more than p-values and rules of thumb for independent values allow: calibrate before alarming.

mod bins;
mod error;
mod js;
mod kl;
mod ks;
mod matrix;
mod psi;
mod reference;
mod sample;
mod score;
mod statistic;
mod wasserstein;

pub use bins::{BINS, Bin};
pub use error::DriftError;
pub use js::JsQuantileRef;
pub use kl::KlQuantileRef;
pub use ks::{EXACT_UP_TO, KolmogorovSmirnov};
pub use matrix::{ColumnDrift, Windows, drift_by_column};
pub use psi::{PSI_FLOOR, PsiFloor, PsiQuantileRef};
pub use reference::Reference;
pub use sample::{NonFinite, Sample};
pub use score::{Score, Status};
pub use statistic::{Convention, Measured, PValue, Statistic, all_statistics, statistic};
pub use wasserstein::{NORMAL_IQR, W1, W1Iqr, W1Std};
