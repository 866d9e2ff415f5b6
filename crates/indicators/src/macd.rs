use crate::{Bar, Ema, Indicator};

/// MACD line and signal, in price units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MacdValue {
    /// Fast minus slow EMA of the close.
    pub line: f64,
    /// EMA of the line.
    pub signal: f64,
}

/// Moving average convergence/divergence (Appel, 1979) with mean-seeded EMAs.
#[derive(Debug, Clone)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Macd {
    /// Spans of the fast and slow averages and of the signal; values come once all three have warmed up.
    #[must_use]
    pub fn new(fast: usize, slow: usize, signal: usize) -> Self {
        Self {
            fast: Ema::new(fast),
            slow: Ema::new(slow),
            signal: Ema::new(signal),
        }
    }
}

impl Indicator for Macd {
    type Output = MacdValue;

    fn update(&mut self, bar: &Bar) -> Option<MacdValue> {
        let fast = self.fast.push(bar.close);
        let slow = self.slow.push(bar.close);
        let line = fast? - slow?;
        let signal = self.signal.push(line)?;
        Some(MacdValue { line, signal })
    }
}
