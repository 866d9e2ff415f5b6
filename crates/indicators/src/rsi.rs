use crate::{Bar, Indicator, WilderAverage};

/// Relative strength index (Wilder, 1978): 100 · G/(G + L), G and L being Wilder averages of gains and losses.
///
/// With no movement at all G + L = 0 and the index is the neutral 50.
#[derive(Debug, Clone)]
pub struct Rsi {
    gains: WilderAverage,
    losses: WilderAverage,
    previous: Option<f64>,
}

impl Rsi {
    /// An index of period `n` ≥ 1 (0 is taken as 1); the first value comes at bar n + 1.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            gains: WilderAverage::new(n),
            losses: WilderAverage::new(n),
            previous: None,
        }
    }
}

impl Indicator for Rsi {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        let previous = self.previous.replace(bar.close)?;
        let change = bar.close - previous;
        let gain = self.gains.push(change.max(0.0));
        let loss = self.losses.push((-change).max(0.0));
        let (gain, loss) = (gain?, loss?);
        let total = gain + loss;
        Some(if total > 0.0 { 100.0 * gain / total } else { 50.0 })
    }
}
