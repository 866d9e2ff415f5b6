use crate::window::Window;
use crate::{Bar, Indicator};

/// Simple moving average of the last `n` values.
#[derive(Debug, Clone)]
pub struct Sma {
    window: Window,
}

impl Sma {
    /// An average over `n` ≥ 1 values (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            window: Window::new(n),
        }
    }

    /// Takes a value; the mean once `n` have come.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        self.window.push(value);
        self.window.is_full().then(|| self.window.mean())
    }
}

/// Moving average with linearly rising weights: Σ i·xᵢ / (n(n+1)/2), the newest value weighted `n`.
#[derive(Debug, Clone)]
pub struct Wma {
    window: Window,
}

impl Wma {
    /// An average over `n` ≥ 1 values (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            window: Window::new(n),
        }
    }

    /// Takes a value; the average once `n` have come.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        self.window.push(value);
        self.window.is_full().then(|| {
            let (weighted, weights) = (1_u32..)
                .zip(self.window.iter())
                .fold((0.0, 0.0), |(sum, total), (rank, x)| {
                    (sum + f64::from(rank) * x, total + f64::from(rank))
                });
            weighted / weights
        })
    }
}

/// Recursive average with a fixed gain, seeded with the simple mean of its first `n` values.
///
/// Seeding with the mean, not the first value, is the convention of most charting packages and of our references.
#[derive(Debug, Clone)]
struct SeededRecursion {
    gain: f64,
    n: usize,
    seen: usize,
    seed_sum: f64,
    average: f64,
}

impl SeededRecursion {
    fn new(n: usize, gain: f64) -> Self {
        Self {
            gain,
            n: n.max(1),
            seen: 0,
            seed_sum: 0.0,
            average: 0.0,
        }
    }

    fn push(&mut self, value: f64) -> Option<f64> {
        if self.seen < self.n {
            self.seen += 1;
            self.seed_sum += value;
            if self.seen < self.n {
                return None;
            }
            self.average = self.seed_sum / self.n as f64;
        } else {
            self.average = self.gain * value + (1.0 - self.gain) * self.average;
        }
        Some(self.average)
    }
}

/// Exponential moving average, gain 2/(n + 1), seeded with the simple mean of the first `n` values.
#[derive(Debug, Clone)]
pub struct Ema(SeededRecursion);

impl Ema {
    /// An average of span `n` ≥ 1 (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self(SeededRecursion::new(n, 2.0 / (n.max(1) as f64 + 1.0)))
    }

    /// Takes a value; the average once `n` have come.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        self.0.push(value)
    }
}

/// Wilder's smoothing (1978): gain 1/n, seeded with the simple mean of the first `n` values.
#[derive(Debug, Clone)]
pub struct WilderAverage(SeededRecursion);

impl WilderAverage {
    /// An average of period `n` ≥ 1 (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self(SeededRecursion::new(n, 1.0 / n.max(1) as f64))
    }

    /// Takes a value; the average once `n` have come.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        self.0.push(value)
    }
}

macro_rules! average_of_closes {
    ($($average:ty),+) => {
        $(impl Indicator for $average {
            type Output = f64;

            fn update(&mut self, bar: &Bar) -> Option<f64> {
                self.push(bar.close)
            }
        })+
    };
}

average_of_closes!(Sma, Wma, Ema, WilderAverage);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_examples_by_hand() {
        let feed = |push: &mut dyn FnMut(f64) -> Option<f64>| -> Vec<Option<f64>> {
            [1.0, 2.0, 6.0, 4.0].into_iter().map(push).collect()
        };
        let mut sma = Sma::new(3);
        assert_eq!(feed(&mut |x| sma.push(x)), [None, None, Some(3.0), Some(4.0)]);
        let mut wma = Wma::new(3);
        assert_eq!(
            feed(&mut |x| wma.push(x)),
            [None, None, Some(23.0 / 6.0), Some(26.0 / 6.0)]
        );
        let mut ema = Ema::new(3);
        assert_eq!(feed(&mut |x| ema.push(x)), [None, None, Some(3.0), Some(3.5)]);
        let mut wilder = WilderAverage::new(2);
        assert_eq!(
            feed(&mut |x| wilder.push(x)),
            [None, Some(1.5), Some(3.75), Some(3.875)]
        );
    }
}
