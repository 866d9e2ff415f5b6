use crate::window::Window;
use crate::{Bar, Indicator};

/// Commodity channel index (Lambert, 1980): (TP − mean TP)/(0.015 · mean |TP − mean TP|), TP = (H + L + C)/3.
///
/// 0 when every typical price of the window is equal.
#[derive(Debug, Clone)]
pub struct Cci {
    typical_prices: Window,
    n: f64,
}

/// Lambert's constant; it puts 70–80 % of values within ±100.
const SCALE: f64 = 0.015;

impl Cci {
    /// An index over `n` ≥ 1 bars (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            typical_prices: Window::new(n),
            n: n.max(1) as f64,
        }
    }
}

impl Indicator for Cci {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        let typical = (bar.high + bar.low + bar.close) / 3.0;
        self.typical_prices.push(typical);
        if !self.typical_prices.is_full() {
            return None;
        }
        if self.typical_prices.min() == self.typical_prices.max() {
            return Some(0.0);
        }
        let mean = self.typical_prices.mean();
        let deviation = self
            .typical_prices
            .iter()
            .map(|price| (price - mean).abs())
            .sum::<f64>()
            / self.n;
        Some((typical - mean) / (SCALE * deviation))
    }
}
