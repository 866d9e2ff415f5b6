use crate::window::Window;
use crate::{Bar, Indicator};

/// Bollinger bands of one bar, in price units except `percent_b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BollingerValue {
    /// Mean minus `width` standard deviations.
    pub lower: f64,
    /// Mean of the closes.
    pub middle: f64,
    /// Mean plus `width` standard deviations.
    pub upper: f64,
    /// (close − lower)/(upper − lower): 0 at the lower band, 1 at the upper.
    pub percent_b: f64,
}

/// Bollinger bands (Bollinger, 2001) on closes, with the population standard deviation (divisor n).
///
/// When all closes of the window are equal the bands have no width and %B is the neutral 0.5.
#[derive(Debug, Clone)]
pub struct BollingerBands {
    closes: Window,
    n: f64,
    width: f64,
}

impl BollingerBands {
    /// Bands over `n` ≥ 1 closes (0 is taken as 1), `width` standard deviations to each side.
    #[must_use]
    pub fn new(n: usize, width: f64) -> Self {
        Self {
            closes: Window::new(n),
            n: n.max(1) as f64,
            width,
        }
    }
}

impl Indicator for BollingerBands {
    type Output = BollingerValue;

    fn update(&mut self, bar: &Bar) -> Option<BollingerValue> {
        self.closes.push(bar.close);
        if !self.closes.is_full() {
            return None;
        }
        let middle = self.closes.mean();
        let reach = self.width * (self.closes.squared_deviations() / self.n).sqrt();
        let (lower, upper) = (middle - reach, middle + reach);
        // Equality of the closes, not of the bands: rounding of the mean leaves a spurious width.
        let flat = self.closes.min() == self.closes.max();
        let percent_b = if flat {
            0.5
        } else {
            (bar.close - lower) / (upper - lower)
        };
        Some(BollingerValue {
            lower,
            middle,
            upper,
            percent_b,
        })
    }
}
