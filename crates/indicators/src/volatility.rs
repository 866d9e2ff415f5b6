//! Volatility estimators. Every value is a standard deviation of one bar's log return: multiply by √252 to
//! annualise daily bars.

use std::f64::consts::LN_2;

use crate::window::Window;
use crate::{Bar, Indicator};

/// Parkinson (1980) variance of a single bar: (ln(H/L))²/(4 ln 2).
pub(crate) fn parkinson_variance(bar: &Bar) -> f64 {
    let range = (bar.high / bar.low).ln();
    range * range / (4.0 * LN_2)
}

/// Sample standard deviation (divisor n − 1) of the last `n` log returns of the close.
#[derive(Debug, Clone)]
pub struct CloseToClose {
    returns: Window,
    previous_close: Option<f64>,
}

impl CloseToClose {
    /// An estimate over `n` ≥ 2 returns, hence n + 1 bars (smaller values are taken as 2).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            returns: Window::new(n.max(2)),
            previous_close: None,
        }
    }
}

impl Indicator for CloseToClose {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        let previous = self.previous_close.replace(bar.close)?;
        self.returns.push((bar.close / previous).ln());
        self.returns
            .is_full()
            .then(|| self.returns.sample_variance().sqrt())
    }
}

/// Square root of the mean Parkinson variance of `n` bars.
#[derive(Debug, Clone)]
pub struct Parkinson {
    variances: Window,
}

impl Parkinson {
    /// An estimate over `n` ≥ 1 bars (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            variances: Window::new(n),
        }
    }

    /// Takes a bar; the mean variance, before the root.
    pub fn variance(&mut self, bar: &Bar) -> Option<f64> {
        self.variances.push(parkinson_variance(bar));
        self.variances.is_full().then(|| self.variances.mean())
    }
}

impl Indicator for Parkinson {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        self.variance(bar).map(f64::sqrt)
    }
}

/// Garman and Klass (1980): √ mean(½ ln²(H/L) − (2 ln 2 − 1) ln²(C/O)).
///
/// Reads the open; where a source copies the previous close into it, prefer [`Parkinson`].
#[derive(Debug, Clone)]
pub struct GarmanKlass {
    variances: Window,
}

impl GarmanKlass {
    /// An estimate over `n` ≥ 1 bars (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            variances: Window::new(n),
        }
    }
}

impl Indicator for GarmanKlass {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        let range = (bar.high / bar.low).ln();
        let body = (bar.close / bar.open).ln();
        self.variances
            .push(0.5 * range * range - (2.0 * LN_2 - 1.0) * body * body);
        self.variances
            .is_full()
            .then(|| self.variances.mean().max(0.0).sqrt())
    }
}

fn rogers_satchell_variance(bar: &Bar) -> f64 {
    let above = (bar.high / bar.close).ln() * (bar.high / bar.open).ln();
    let below = (bar.low / bar.close).ln() * (bar.low / bar.open).ln();
    above + below
}

/// Rogers and Satchell (1991): √ mean(ln(H/C) ln(H/O) + ln(L/C) ln(L/O)); unbiased under drift. Reads the open.
#[derive(Debug, Clone)]
pub struct RogersSatchell {
    variances: Window,
}

impl RogersSatchell {
    /// An estimate over `n` ≥ 1 bars (0 is taken as 1).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            variances: Window::new(n),
        }
    }
}

impl Indicator for RogersSatchell {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        self.variances.push(rogers_satchell_variance(bar));
        self.variances
            .is_full()
            .then(|| self.variances.mean().max(0.0).sqrt())
    }
}

/// Yang and Zhang (2000): overnight variance + k · open-to-close variance + (1 − k) · Rogers–Satchell variance,
/// k = 0.34/(1.34 + (n + 1)/(n − 1)). Reads the open.
#[derive(Debug, Clone)]
pub struct YangZhang {
    overnight: Window,
    daytime: Window,
    rogers_satchell: Window,
    weight: f64,
    previous_close: Option<f64>,
}

impl YangZhang {
    /// An estimate over `n` ≥ 2 bars and the close before them (smaller values are taken as 2).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let n = n.max(2);
        let count = n as f64;
        Self {
            overnight: Window::new(n),
            daytime: Window::new(n),
            rogers_satchell: Window::new(n),
            weight: 0.34 / (1.34 + (count + 1.0) / (count - 1.0)),
            previous_close: None,
        }
    }
}

impl Indicator for YangZhang {
    type Output = f64;

    fn update(&mut self, bar: &Bar) -> Option<f64> {
        let previous = self.previous_close.replace(bar.close)?;
        self.overnight.push((bar.open / previous).ln());
        self.daytime.push((bar.close / bar.open).ln());
        self.rogers_satchell.push(rogers_satchell_variance(bar));
        self.overnight.is_full().then(|| {
            let k = self.weight;
            let intraday = k * self.daytime.sample_variance() + (1.0 - k) * self.rogers_satchell.mean();
            (self.overnight.sample_variance() + intraday).max(0.0).sqrt()
        })
    }
}
