use crate::atr::true_range;
use crate::{Bar, Indicator, WilderAverage};

/// Directional movement, all on the scale 0–100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdxValue {
    /// Upward directional indicator DI+.
    pub plus: f64,
    /// Downward directional indicator DI−.
    pub minus: f64,
    /// 100 · |DI+ − DI−| / (DI+ + DI−).
    pub dx: f64,
    /// Wilder average of DX.
    pub adx: f64,
}

/// Average directional movement index (Wilder, 1978).
///
/// With a zero average true range both indicators are 0, and DX is 0 when their sum is.
#[derive(Debug, Clone)]
pub struct Adx {
    range: WilderAverage,
    plus: WilderAverage,
    minus: WilderAverage,
    index: WilderAverage,
    previous: Option<Bar>,
}

fn percent_of(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

impl Adx {
    /// An index of period `n` ≥ 1 (0 is taken as 1); the first value comes at bar 2n.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let average = WilderAverage::new(n);
        Self {
            range: average.clone(),
            plus: average.clone(),
            minus: average.clone(),
            index: average,
            previous: None,
        }
    }
}

impl Indicator for Adx {
    type Output = AdxValue;

    fn update(&mut self, bar: &Bar) -> Option<AdxValue> {
        let previous = self.previous.replace(*bar)?;
        let up = bar.high - previous.high;
        let down = previous.low - bar.low;
        // Only the larger move counts, and only outside the previous bar's range.
        let range = self.range.push(true_range(bar, previous.close));
        let plus = self.plus.push(if up > down && up > 0.0 { up } else { 0.0 });
        let minus = self.minus.push(if down > up && down > 0.0 { down } else { 0.0 });
        let range = range?;
        let (plus, minus) = (percent_of(plus?, range), percent_of(minus?, range));
        let dx = percent_of((plus - minus).abs(), plus + minus);
        let adx = self.index.push(dx)?;
        Some(AdxValue { plus, minus, dx, adx })
    }
}
