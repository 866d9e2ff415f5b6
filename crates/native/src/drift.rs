//! Drift of a current sample from a reference.

use napi_derive::napi;
use tidemark_drift::{
    Bin, ColumnDrift, NonFinite, PValue, Reference, Sample, Score, Statistic, Windows, drift_by_column,
    statistic,
};

use crate::edge::{Fault, Result, guard};

/// One bin `low <= x < high` of both samples and its term of the statistic.
#[napi(object)]
pub struct DriftBin {
    /// Lower end; absent in the lowest bin, which is open.
    pub low: Option<f64>,
    /// Upper end; absent in the highest bin, which is open.
    pub high: Option<f64>,
    /// Reference values in it.
    pub reference: u32,
    /// Current values in it.
    pub current: u32,
    /// Its term of the sum.
    pub contribution: f64,
}

/// What a drift statistic found. What could not be computed is absent.
#[napi(object)]
pub struct DriftResult {
    /// Name of the convention.
    pub convention: String,
    /// Its version; the same version of a convention gives the same numbers.
    pub version: u32,
    /// `ok`, `insufficient` (a sample has no finite value) or `degenerate` (the reference does not vary; a value, where
    /// there is one, says that the samples differ and not by how much).
    #[napi(ts_type = "'ok' | 'insufficient' | 'degenerate'")]
    pub status: String,
    /// The figure: 0 when the samples agree, larger the further they lie apart.
    pub value: Option<f64>,
    /// Finite reference values.
    pub n_reference: u32,
    /// Finite current values.
    pub n_current: u32,
    /// p-value for independent values, where the statistic has one.
    pub p: Option<f64>,
    /// `ks`: value at which the distributions lie furthest apart.
    pub location: Option<f64>,
    /// `ks`: 1 when current values are larger there, -1 when smaller.
    pub sign: Option<i32>,
    /// Occupied bins in ascending order; absent where the statistic has none.
    pub bins: Option<Vec<DriftBin>>,
}

/// Rows of a row-major matrix to compare, half-open.
#[napi(object)]
pub struct DriftWindows {
    /// Values in a row.
    pub columns: u32,
    /// First row of the reference.
    pub reference_from: u32,
    /// Row after its last.
    pub reference_to: u32,
    /// First row of the current sample.
    pub current_from: u32,
    /// Row after its last.
    pub current_to: u32,
}

/// One statistic of one column.
#[napi(object)]
pub struct DriftMatrixScore {
    /// Column, from 0.
    pub column: u32,
    /// Name of the convention.
    pub convention: String,
    /// As of a single comparison.
    #[napi(ts_type = "'ok' | 'insufficient' | 'degenerate'")]
    pub status: String,
    /// The figure; absent where there is none.
    pub value: Option<f64>,
    /// p-value for independent values, where asked for and the statistic has one.
    pub p: Option<f64>,
    /// Finite reference values.
    pub n_reference: u32,
    /// Finite current values.
    pub n_current: u32,
}

/// Values of a window that no statistic uses. The shares are absent for a window without rows.
#[napi(object)]
pub struct NonFiniteRates {
    /// Rows of the window.
    pub rows: u32,
    /// Share of NaN, in 0..1.
    pub nan: Option<f64>,
    /// Share of +Infinity.
    pub positive_infinity: Option<f64>,
    /// Share of -Infinity.
    pub negative_infinity: Option<f64>,
}

/// What was left out of one column.
#[napi(object)]
pub struct DriftColumnRates {
    /// Of the reference.
    pub reference: NonFiniteRates,
    /// Of the current sample.
    pub current: NonFiniteRates,
}

/// Drift of every column.
#[napi(object)]
pub struct DriftMatrixResult {
    /// All conventions of column 0 in the order asked for, then those of column 1, and so on.
    pub scores: Vec<DriftMatrixScore>,
    /// One entry a column.
    pub columns: Vec<DriftColumnRates>,
}

/// Every convention's distance of `current` from `reference`, in the order of `conventions`.
#[napi(catch_unwind)]
pub fn drift_statistics(
    reference: &[f64],
    current: &[f64],
    conventions: Vec<String>,
    with_p: bool,
) -> Result<Vec<DriftResult>> {
    guard(|| {
        let statistics = statistics(&conventions)?;
        let reference = Reference::new(reference.iter().copied());
        let current = Sample::new(current.iter().copied());
        Ok(statistics
            .into_iter()
            .map(|statistic| statistic.score(&reference, &current, p_value(with_p)).into())
            .collect())
    })
}

/// Every convention for every column of a row-major matrix, between two windows of its rows.
#[napi(catch_unwind)]
pub fn drift_matrix(
    values: &[f64],
    windows: DriftWindows,
    conventions: Vec<String>,
    with_p: bool,
) -> Result<DriftMatrixResult> {
    guard(|| {
        let windows = Windows {
            columns: windows.columns as usize,
            reference: windows.reference_from as usize..windows.reference_to as usize,
            current: windows.current_from as usize..windows.current_to as usize,
        };
        let statistics = statistics(&conventions)?;
        let drift = drift_by_column(values, &windows, &statistics, p_value(with_p))?;
        Ok(DriftMatrixResult {
            scores: drift
                .iter()
                .enumerate()
                .flat_map(|(column, drift)| drift.scores.iter().map(move |score| matrix_score(column, score)))
                .collect(),
            columns: drift.iter().map(column_rates).collect(),
        })
    })
}

fn statistics(names: &[String]) -> std::result::Result<Vec<&'static dyn Statistic>, Fault> {
    Ok(names
        .iter()
        .map(|name| statistic(name))
        .collect::<std::result::Result<_, _>>()?)
}

fn p_value(with_p: bool) -> PValue {
    if with_p { PValue::Compute } else { PValue::Skip }
}

fn matrix_score(column: usize, score: &Score) -> DriftMatrixScore {
    DriftMatrixScore {
        column: column as u32,
        convention: score.convention.to_owned(),
        status: score.status.as_str().to_owned(),
        value: score.value,
        p: score.p,
        n_reference: score.n_reference as u32,
        n_current: score.n_current as u32,
    }
}

fn column_rates(drift: &ColumnDrift) -> DriftColumnRates {
    DriftColumnRates {
        reference: drift.reference.into(),
        current: drift.current.into(),
    }
}

impl From<NonFinite> for NonFiniteRates {
    fn from(counts: NonFinite) -> Self {
        let [nan, positive_infinity, negative_infinity] =
            counts.rates().map_or([None; 3], |rates| rates.map(Some));
        Self {
            rows: counts.rows as u32,
            nan,
            positive_infinity,
            negative_infinity,
        }
    }
}

impl From<Score> for DriftResult {
    fn from(score: Score) -> Self {
        Self {
            convention: score.convention.to_owned(),
            version: score.version,
            status: score.status.as_str().to_owned(),
            value: score.value,
            n_reference: score.n_reference as u32,
            n_current: score.n_current as u32,
            p: score.p,
            location: score.location,
            sign: score.sign.map(i32::from),
            bins: (!score.bins.is_empty()).then(|| score.bins.into_iter().map(Into::into).collect()),
        }
    }
}

impl From<Bin> for DriftBin {
    fn from(bin: Bin) -> Self {
        Self {
            low: bin.low,
            high: bin.high,
            reference: bin.reference as u32,
            current: bin.current as u32,
            contribution: bin.contribution,
        }
    }
}
