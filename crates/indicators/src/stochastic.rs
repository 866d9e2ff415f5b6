use crate::window::Window;
use crate::{Bar, Indicator, Sma};

/// Stochastic oscillator, all on the scale 0–1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StochasticValue {
    /// Place of the close in the range of the window.
    pub fast_k: f64,
    /// Simple mean of fast %K.
    pub fast_d: f64,
    /// Simple mean of fast %D.
    pub slow_d: f64,
}

/// Stochastic oscillator (Lane, 1984) on high, low and close. Fast %K is 0.5 when the window has no range.
#[derive(Debug, Clone)]
pub struct Stochastic {
    highs: Window,
    lows: Window,
    fast_d: Sma,
    slow_d: Sma,
}

impl Stochastic {
    /// Lengths of the range, of the fast mean and of the slow mean.
    #[must_use]
    pub fn new(range: usize, fast: usize, slow: usize) -> Self {
        Self {
            highs: Window::new(range),
            lows: Window::new(range),
            fast_d: Sma::new(fast),
            slow_d: Sma::new(slow),
        }
    }
}

impl Indicator for Stochastic {
    type Output = StochasticValue;

    fn update(&mut self, bar: &Bar) -> Option<StochasticValue> {
        self.highs.push(bar.high);
        self.lows.push(bar.low);
        if !self.highs.is_full() {
            return None;
        }
        let (low, high) = (self.lows.min(), self.highs.max());
        let fast_k = if high > low {
            (bar.close - low) / (high - low)
        } else {
            0.5
        };
        let fast_d = self.fast_d.push(fast_k)?;
        let slow_d = self.slow_d.push(fast_d)?;
        Some(StochasticValue {
            fast_k,
            fast_d,
            slow_d,
        })
    }
}
