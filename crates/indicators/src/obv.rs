use crate::{Bar, Indicator};

/// On-balance volume (Granville, 1963): volume added on up closes, taken away on down closes, starting from the
/// first bar's volume. Unbounded and dependent on where the history begins, so no feature uses it.
#[derive(Debug, Clone, Default)]
pub struct Obv {
    total: f64,
    previous_close: Option<f64>,
}

impl Obv {
    /// A running total that has seen no bar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Indicator for Obv {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        match self.previous_close.replace(bar.close) {
            None => self.total = bar.volume,
            Some(previous) if bar.close > previous => self.total += bar.volume,
            Some(previous) if bar.close < previous => self.total -= bar.volume,
            Some(_) => {}
        }
        Some(self.total)
    }
}
