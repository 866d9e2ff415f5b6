//! Losses that the booster minimises, with their gradients and hessians.

/// Loss minimised by boosting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Binary log loss of `p = 1 / (1 + e^-score)`; labels are 0 or 1.
    LogLoss,
    /// Half the squared error of the score.
    Squared,
}

impl Objective {
    /// The constant score with the least weighted loss: log odds of the mean label, or the mean label.
    ///
    /// For log loss both classes must be present with positive weight.
    pub(crate) fn base_score(self, labels: &[f64], weights: &[f64]) -> f64 {
        let total: f64 = weights.iter().sum();
        let mean = labels
            .iter()
            .zip(weights)
            .map(|(label, weight)| label * weight)
            .sum::<f64>()
            / total;
        match self {
            Self::LogLoss => (mean / (1.0 - mean)).ln(),
            Self::Squared => mean,
        }
    }

    /// Weighted gradient and hessian of the loss by the score, row by row.
    pub(crate) fn gradients(self, scores: &[f64], labels: &[f64], weights: &[f64], out: &mut [[f64; 2]]) {
        let rows = out.iter_mut().zip(scores).zip(labels).zip(weights);
        match self {
            Self::LogLoss => {
                for (((pair, score), label), weight) in rows {
                    let probability = 1.0 / (1.0 + exp(-score));
                    *pair = [
                        weight * (probability - label),
                        weight * (probability * (1.0 - probability)),
                    ];
                }
            }
            Self::Squared => {
                for (((pair, score), label), weight) in rows {
                    *pair = [weight * (score - label), *weight];
                }
            }
        }
    }

    /// Weighted mean loss: log loss in nats, or mean squared error. Weights must not sum to zero.
    #[must_use]
    pub fn mean_loss(self, scores: &[f64], labels: &[f64], weights: &[f64]) -> f64 {
        let mut sum = 0.0;
        let mut total = 0.0;
        for ((score, label), weight) in scores.iter().zip(labels).zip(weights) {
            let loss = match self {
                // ln(1 + e^s) − y·s, written so that neither tail overflows.
                Self::LogLoss => score.max(0.0) + (-score.abs()).exp().ln_1p() - label * score,
                Self::Squared => (score - label) * (score - label),
            };
            sum += weight * loss;
            total += weight;
        }
        sum / total
    }
}

/// `e^x` to about one unit in the last place, without a call into the system's mathematics library.
///
/// Training bytes must not depend on the version of that library, and the loop over rows vectorises.
/// Range reduction x = n·ln 2 + r, |r| ≤ ln 2 / 2 (Cody and Waite, 1980), then the Taylor polynomial of degree 13
/// (truncation below 2⁻⁵⁷). Inputs are limited to ±708, where `e^x` stays a normal number.
pub(crate) fn exp(x: f64) -> f64 {
    // Adding 1.5·2⁵² rounds to the nearest integer and leaves that integer in the low bits.
    const ROUNDING: f64 = 6_755_399_441_055_744.0;
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const INVERSE_FACTORIALS: [f64; 12] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
    ];
    let x = x.clamp(-708.0, 708.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUNDING;
    let n = shifted - ROUNDING;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let mut tail = 0.0;
    for coefficient in INVERSE_FACTORIALS {
        tail = tail * r + coefficient;
    }
    let mantissa = (tail * r) * r + r + 1.0;
    let exponent = (shifted.to_bits().wrapping_add(1023)) << 52;
    mantissa * f64::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_library_over_its_range() {
        let mut worst = 0.0_f64;
        for step in -70_000..=70_000 {
            let x = f64::from(step) * 0.010_1;
            worst = worst.max((exp(x) / x.exp() - 1.0).abs());
        }
        assert!(worst < 4.5e-16, "worst relative error {worst:e}");
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn gradients_match_finite_differences_of_the_loss() {
        for objective in [Objective::LogLoss, Objective::Squared] {
            for (score, label) in [(-2.0, 0.0), (-2.0, 1.0), (0.3, 1.0), (5.0, 0.0)] {
                let loss = |s: f64| {
                    let scale = if objective == Objective::Squared { 0.5 } else { 1.0 };
                    3.0 * scale * objective.mean_loss(&[s], &[label], &[1.0])
                };
                let step = 1e-4;
                let first = (loss(score + step) - loss(score - step)) / (2.0 * step);
                let second = (loss(score + step) - 2.0 * loss(score) + loss(score - step)) / (step * step);
                let mut pair = [[0.0; 2]];
                objective.gradients(&[score], &[label], &[3.0], &mut pair);
                assert!((pair[0][0] - first).abs() < 1e-6, "{objective:?} {score} {label}");
                assert!(
                    (pair[0][1] - second).abs() < 1e-5,
                    "{objective:?} {score} {label}"
                );
            }
        }
    }

    #[test]
    fn base_score_has_zero_total_gradient() {
        let labels = [0.0, 1.0, 1.0, 0.0, 1.0];
        let weights = [1.0, 2.0, 0.5, 3.0, 1.0];
        for objective in [Objective::LogLoss, Objective::Squared] {
            let scores = [objective.base_score(&labels, &weights); 5];
            let mut pairs = [[0.0; 2]; 5];
            objective.gradients(&scores, &labels, &weights, &mut pairs);
            assert!(pairs.iter().map(|pair| pair[0]).sum::<f64>().abs() < 1e-12);
        }
    }
}
