//! Winsorising and standardising of features, fitted once and applied inside the exported graph.

use crate::{ModelError, Result};
use tidemark_onnx::{GraphBuilder, Tensor, Value};

/// Bounds and moments of one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
struct FeatureScale {
    low: f64,
    high: f64,
    mean: f64,
    /// 0 for a feature that is constant between its bounds.
    deviation: f64,
}

/// z = (min(max(x, low), high) − mean) / deviation, feature by feature.
///
/// `low` and `high` are the `tail` and `1 − tail` quantiles of the fit rows (linear interpolation between order
/// statistics), mean and population standard deviation those of the winsorised values. A constant feature is
/// carried as z = 0.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scaler {
    features: Vec<FeatureScale>,
}

impl Scaler {
    /// Fits on row-major `inputs`, `width` features a row; `tail` in [0, 0.5).
    ///
    /// # Errors
    /// [`ModelError::InvalidRows`] for a value that is not finite, [`ModelError::Degenerate`] when every feature is constant.
    pub(crate) fn fit(inputs: &[f64], width: usize, tail: f64) -> Result<Self> {
        if let Some(at) = inputs.iter().position(|value| !value.is_finite()) {
            let (row, feature) = (at / width, at % width);
            return Err(ModelError::rows(format!(
                "feature {feature} of row {row} must be finite, got {}",
                inputs[at]
            )));
        }
        let features: Vec<FeatureScale> = (0..width)
            .map(|feature| fit_feature(inputs, width, feature, tail))
            .collect();
        if features.iter().all(|feature| feature.deviation == 0.0) {
            return Err(ModelError::Degenerate {
                message: "every feature is constant in the fit rows".to_owned(),
            });
        }
        Ok(Self { features })
    }

    /// Features that are constant between their bounds.
    pub(crate) fn constant_features(&self) -> Vec<usize> {
        (0..self.features.len())
            .filter(|index| self.features[*index].deviation == 0.0)
            .collect()
    }

    /// Scaled values of one row.
    pub(crate) fn scale<'s>(&'s self, row: &'s [f64]) -> impl Iterator<Item = f64> + 's {
        row.iter().zip(&self.features).map(|(value, feature)| {
            (value.max(feature.low).min(feature.high) - feature.mean) / feature.divisor()
        })
    }

    /// The same scaling as nodes; NaN and infinities in `rows` come out as NaN.
    ///
    /// ONNX `Clip` has one bound for all columns, hence `Max` and `Min` with one bound a column.
    pub(crate) fn add_to(&self, graph: &mut GraphBuilder, rows: &Value) -> Value {
        let mut constant = |pick: fn(&FeatureScale) -> f64| {
            let values: Vec<f64> = self.features.iter().map(pick).collect();
            graph.constant(Tensor::f64(&[1, values.len()], &values))
        };
        let low = constant(|feature| feature.low);
        let high = constant(|feature| feature.high);
        let mean = constant(|feature| feature.mean);
        let divisor = constant(FeatureScale::divisor);
        let bounded = graph.op("Max", &[rows, &low]);
        let bounded = graph.op("Min", &[&bounded, &high]);
        let centred = graph.op("Sub", &[&bounded, &mean]);
        let scaled = graph.op("Div", &[&centred, &divisor]);
        // x − x is 0 for a number and NaN otherwise; the bounds above would hide an infinity.
        let fault = graph.op("Sub", &[rows, rows]);
        graph.op("Add", &[&scaled, &fault])
    }
}

impl FeatureScale {
    fn divisor(&self) -> f64 {
        if self.deviation == 0.0 {
            1.0
        } else {
            self.deviation
        }
    }
}

fn fit_feature(inputs: &[f64], width: usize, feature: usize, tail: f64) -> FeatureScale {
    let mut values: Vec<f64> = inputs.iter().skip(feature).step_by(width).copied().collect();
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = (quantile(&values, tail), quantile(&values, 1.0 - tail));
    let n = values.len() as f64;
    let bounded = || values.iter().map(|value| value.clamp(low, high));
    if low == high {
        return FeatureScale {
            low,
            high,
            mean: low,
            deviation: 0.0,
        };
    }
    let mean = bounded().sum::<f64>() / n;
    let variance = bounded()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / n;
    FeatureScale {
        low,
        high,
        mean,
        deviation: variance.sqrt(),
    }
}

/// Quantile of sorted values with linear interpolation (Hyndman and Fan, 1996, type 7).
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    #[test]
    fn scaled_fit_rows_have_zero_mean_and_unit_deviation() {
        let inputs: Vec<f64> = (0..200)
            .flat_map(|i| [f64::from(i * i % 97), 5.0 - f64::from(i)])
            .collect();
        let scaler = Scaler::fit(&inputs, 2, 0.0).unwrap();
        let scaled: Vec<f64> = inputs
            .chunks(2)
            .flat_map(|row| scaler.scale(row).collect::<Vec<_>>())
            .collect();
        for feature in 0..2 {
            let column: Vec<f64> = scaled.iter().skip(feature).step_by(2).copied().collect();
            let mean = column.iter().sum::<f64>() / 200.0;
            let variance = column.iter().map(|z| z * z).sum::<f64>() / 200.0;
            assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn tails_are_pulled_in_to_the_quantiles() {
        let inputs: Vec<f64> = (0..=100).map(f64::from).collect();
        let scaler = Scaler::fit(&inputs, 1, 0.05).unwrap();
        let at = |x: f64| scaler.scale(&[x]).next().unwrap();
        assert_eq!(at(-1e9), at(5.0));
        assert_eq!(at(1e9), at(95.0));
        assert!(at(94.0) < at(95.0));
    }

    #[test]
    fn a_constant_feature_scales_to_zero_and_is_named() {
        let inputs = [1.0, 3.0, 2.0, 3.0, 4.0, 3.0];
        let scaler = Scaler::fit(&inputs, 2, 0.0).unwrap();
        assert_eq!(scaler.constant_features(), [1]);
        assert_eq!(scaler.scale(&[1.0, 99.0]).nth(1), Some(0.0));
    }

    #[test]
    fn rows_without_numbers_or_variation_are_refused() {
        assert_eq!(
            Scaler::fit(&[1.0, f64::NAN], 1, 0.0).unwrap_err().code(),
            "MODELS_INVALID_ROWS"
        );
        assert_eq!(
            Scaler::fit(&[2.0, 2.0], 1, 0.0).unwrap_err().code(),
            "MODELS_DEGENERATE_DATA"
        );
    }

    #[test]
    fn quantiles_interpolate_linearly() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[7.0], 0.01), 7.0);
    }
}
