use crate::Bar;

/// A computation fed one bar at a time.
///
/// Two instances with the same parameters fed the same bars return the same bits. Bars are assumed valid
/// ([`tidemark_core::check_bars`]).
pub trait Indicator {
    /// What one bar yields once warmed up.
    type Output;

    /// Takes the next bar; `None` while warming up.
    fn update(&mut self, bar: &Bar) -> Option<Self::Output>;
}

/// Runs an indicator over a whole series: the batch form is the streaming form, called in a loop.
pub fn series<I: Indicator>(mut indicator: I, bars: &[Bar]) -> Vec<Option<I::Output>> {
    bars.iter().map(|bar| indicator.update(bar)).collect()
}
