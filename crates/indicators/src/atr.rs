use crate::{Bar, Indicator, WilderAverage};

/// True range of a bar (Wilder, 1978): the span of high, low and the previous close.
pub(crate) fn true_range(bar: &Bar, previous_close: f64) -> f64 {
    bar.high.max(previous_close) - bar.low.min(previous_close)
}

/// Average true range (Wilder, 1978) in price units. The first bar has no previous close and no range.
#[derive(Debug, Clone)]
pub struct Atr {
    average: WilderAverage,
    previous_close: Option<f64>,
}

impl Atr {
    /// An average of period `n` ≥ 1 (0 is taken as 1); the first value comes at bar n + 1.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            average: WilderAverage::new(n),
            previous_close: None,
        }
    }
}

impl Indicator for Atr {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        let previous_close = self.previous_close.replace(bar.close)?;
        self.average.push(true_range(bar, previous_close))
    }
}
