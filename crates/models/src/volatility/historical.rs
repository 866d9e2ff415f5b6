//! Value at risk by filtered historical simulation.

use crate::{ModelError, Result, WindowParams};

/// Tail probability of the value at risk.
pub(crate) const TAIL: f64 = 0.01;

/// What a volatility model says about the next bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Forecast {
    /// Forecast variance of the log return.
    pub(crate) variance: f64,
    /// 1 % value at risk as a loss.
    pub(crate) var_99: f64,
}

impl Forecast {
    /// VaR = max(0, −(μ + σ̂ q)), q the 1 % quantile of `residuals`, which are reordered.
    ///
    /// # Errors
    /// [`ModelError::Degenerate`] where a number overflows.
    pub(crate) fn new(mean: f64, variance: f64, residuals: &mut [f64]) -> Result<Self> {
        let volatility = variance.sqrt();
        let loss = -(mean + volatility * lower_quantile(residuals)?);
        if !(volatility > 0.0 && volatility.is_finite() && loss.is_finite()) {
            return Err(ModelError::Degenerate {
                message: format!("variance {variance} and loss {loss} are not usable numbers"),
            });
        }
        Ok(Self {
            variance,
            var_99: loss.max(0.0),
        })
    }
}

/// Number of returns a window must hold.
pub(crate) fn check_observed(observed: usize) -> Result<()> {
    let required = WindowParams::BURN_IN + WindowParams::MIN_RESIDUALS;
    if observed >= required {
        return Ok(());
    }
    Err(ModelError::Insufficient {
        what: "returns in the window",
        required,
        actual: observed,
    })
}

/// Linear quantile at [`TAIL`] (type 7 of Hyndman & Fan, 1996): position (m − 1)·0.01 between order statistics.
/// Only the smallest few values are sorted.
fn lower_quantile(residuals: &mut [f64]) -> Result<f64> {
    let position = (residuals.len() as f64 - 1.0) * TAIL;
    let below = position.floor();
    let index = below as usize;
    if index + 1 >= residuals.len() {
        return Err(ModelError::Insufficient {
            what: "residuals",
            required: WindowParams::MIN_RESIDUALS,
            actual: residuals.len(),
        });
    }
    let (_, &mut low, above) = residuals.select_nth_unstable_by(index, f64::total_cmp);
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(low + (position - below) * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_core::Code;

    #[test]
    fn the_quantile_interpolates_between_order_statistics() {
        let mut values: Vec<f64> = (0..1000).map(|i| f64::from((i * 7) % 1000)).collect();
        assert_eq!(lower_quantile(&mut values).unwrap(), 9.99);
        assert_eq!(lower_quantile(&mut [3.0, 1.0, 2.0]).unwrap(), 1.02);
        assert_eq!(
            lower_quantile(&mut [1.0]).unwrap_err().code(),
            "MODELS_INSUFFICIENT_DATA"
        );
    }

    #[test]
    fn a_loss_is_never_negative_and_overflow_is_an_error() {
        let up = Forecast::new(0.1, 1e-4, &mut [0.5; 300]).unwrap();
        assert_eq!(up.var_99, 0.0);
        assert_eq!(
            Forecast::new(0.0, f64::INFINITY, &mut [0.5; 300])
                .unwrap_err()
                .code(),
            "MODELS_DEGENERATE_DATA"
        );
    }
}
