use tidemark_core::{Bar, Rng};

const MS_PER_DAY: i64 = 86_400_000;

/// Parameters of a GARCH(1,1) process with Student t innovations of unit variance:
/// h\[t\] = omega + alpha·r\[t−1\]² + beta·h\[t−1\], r\[t\] = √h\[t\] · z\[t\].
#[derive(Debug, Clone, Copy)]
pub struct GarchT {
    /// Constant of the variance equation, in squared returns.
    pub omega: f64,
    /// Weight of the last squared return.
    pub alpha: f64,
    /// Weight of the last variance; `alpha + beta` < 1.
    pub beta: f64,
    /// Degrees of freedom, above 2.
    pub degrees: f64,
}

impl Default for GarchT {
    /// Close to daily index returns: 1 % a day, persistence 0.98, six degrees of freedom.
    fn default() -> Self {
        Self {
            omega: 2e-6,
            alpha: 0.09,
            beta: 0.89,
            degrees: 6.0,
        }
    }
}

/// `n` returns of a [`GarchT`] process, started at its stationary variance.
#[must_use]
pub fn garch_t_returns(process: &GarchT, n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let mut variance = process.omega / (1.0 - process.alpha - process.beta);
    let unit_variance = ((process.degrees - 2.0) / process.degrees).sqrt();
    let mut step = || {
        let shock = variance.sqrt() * unit_variance * rng.student_t(process.degrees);
        variance = process.omega + process.alpha * shock * shock + process.beta * variance;
        shock
    };
    (0..n).map(|_| step()).collect()
}

/// `n` values of x\[t\] = phi·x\[t−1\] + e\[t\] with standard normal e, started in the stationary distribution.
#[must_use]
pub fn ar1(phi: f64, n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let mut value = rng.normal() / (1.0 - phi * phi).sqrt();
    let mut step = || {
        value = phi * value + rng.normal();
        value
    };
    (0..n).map(|_| step()).collect()
}

/// Daily bars from 2000-01-01 whose closes compound the given log returns from 100.
///
/// The open equals the previous close; highs and lows overshoot open and close by half-normal amounts of half the
/// size of `typical_move`; volumes are log-normal around a million. Everything but the close comes from `seed`.
#[must_use]
pub fn bars_from_returns(log_returns: &[f64], typical_move: f64, seed: u64) -> Vec<Bar> {
    let mut builder = BarBuilder::new(typical_move, seed);
    log_returns
        .iter()
        .map(|&log_return| builder.next(log_return))
        .collect()
}

struct BarBuilder {
    rng: Rng,
    overshoot: f64,
    close: f64,
    event_time: i64,
}

impl BarBuilder {
    fn new(typical_move: f64, seed: u64) -> Self {
        // 2000-01-01 is day 10,957 of the epoch.
        let event_time = 10_957 * MS_PER_DAY;
        Self {
            rng: Rng::stream(seed, 1),
            overshoot: typical_move / 2.0,
            close: 100.0,
            event_time,
        }
    }

    fn next(&mut self, log_return: f64) -> Bar {
        let open = self.close;
        self.close *= log_return.exp();
        let mut overshoot = || (self.overshoot * self.rng.normal().abs()).exp();
        let (up, down) = (overshoot(), overshoot());
        let bar = Bar {
            event_time: self.event_time,
            open,
            high: open.max(self.close) * up,
            low: open.min(self.close) / down,
            close: self.close,
            volume: (1e6 * (0.3 * self.rng.normal()).exp()).round(),
        };
        self.event_time += MS_PER_DAY;
        bar
    }
}

/// A market with a known signal, for positive controls.
///
/// r\[s\] = sd · (edge · sign(close\[s−2\] − close\[s−2−span\]) + z\[s\]): the mean return of every bar follows the sign
/// of the momentum known two bars earlier, which is what a decision at close s − 2, filled at close s − 1, can earn.
/// The one-bar Sharpe ratio of that rule is `edge` by construction; `edge` 0 is a random walk, a negative one plants
/// a reversal. Over several bars part of the edge is lost where the momentum changes sign in between.
#[derive(Debug, Clone, Copy)]
pub struct PlantedSignal {
    /// Number of bars.
    pub bars: usize,
    /// Bars the momentum looks back over.
    pub span: usize,
    /// Mean return in units of its standard deviation.
    pub edge: f64,
    /// Standard deviation of a bar's log return.
    pub sd: f64,
}

impl Default for PlantedSignal {
    /// 3,000 daily bars of 1 %, momentum over 20 bars (the feature `ret_20`), edge 0.3.
    fn default() -> Self {
        Self {
            bars: 3_000,
            span: 20,
            edge: 0.3,
            sd: 0.01,
        }
    }
}

/// The bars of a [`PlantedSignal`]; same seed, same bits.
#[must_use]
pub fn planted_signal_bars(signal: &PlantedSignal, seed: u64) -> Vec<Bar> {
    let mut rng = Rng::new(seed);
    let mut builder = BarBuilder::new(signal.sd, seed);
    let mut bars: Vec<Bar> = Vec::with_capacity(signal.bars);
    for s in 0..signal.bars {
        let direction = match s.checked_sub(2 + signal.span) {
            None => 0.0,
            Some(first) => (bars[s - 2].close - bars[first].close).signum(),
        };
        bars.push(builder.next(signal.sd * (signal.edge * direction + rng.normal())));
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Share of five-bar label returns (from close t + 1) with the sign of the momentum at t, and the share above 0.
    fn oracle(signal: &PlantedSignal, seed: u64) -> (f64, f64) {
        let bars = planted_signal_bars(signal, seed);
        let rows = signal.span..bars.len() - 6;
        let n = rows.len() as f64;
        let (mut hits, mut ups) = (0.0, 0.0);
        for t in rows {
            let up = bars[t + 6].close > bars[t + 1].close;
            let momentum = bars[t].close > bars[t - signal.span].close;
            hits += f64::from(u8::from(up == momentum));
            ups += f64::from(u8::from(up));
        }
        (hits / n, ups / n)
    }

    fn average(signal: &PlantedSignal) -> (f64, f64) {
        let (hits, ups): (Vec<f64>, Vec<f64>) = (0..20).map(|seed| oracle(signal, seed)).unzip();
        (hits.iter().sum::<f64>() / 20.0, ups.iter().sum::<f64>() / 20.0)
    }

    #[test]
    fn planted_signal_has_its_strength_and_none_without_edge() {
        let (hits, ups) = average(&PlantedSignal::default());
        assert!((0.70..0.76).contains(&hits), "hit rate {hits}");
        assert!((0.4..0.6).contains(&ups), "base rate {ups}");
        let (hits, _) = average(&PlantedSignal {
            edge: 0.0,
            ..PlantedSignal::default()
        });
        assert!((0.48..0.52).contains(&hits), "hit rate without edge {hits}");
        let (hits, _) = average(&PlantedSignal {
            edge: -0.3,
            ..PlantedSignal::default()
        });
        assert!(hits < 0.45, "hit rate of a reversal {hits}");
    }

    #[test]
    fn bars_are_valid_and_repeat() {
        let first = planted_signal_bars(&PlantedSignal::default(), 4);
        assert_eq!(first.len(), 3_000);
        tidemark_core::check_bars(&first).unwrap();
        assert_eq!(first, planted_signal_bars(&PlantedSignal::default(), 4));
        assert_ne!(first, planted_signal_bars(&PlantedSignal::default(), 5));
        let garch = garch_t_returns(&GarchT::default(), 500, 1);
        tidemark_core::check_bars(&bars_from_returns(&garch, 0.01, 1)).unwrap();
    }

    #[test]
    fn processes_have_their_moments() {
        let values = ar1(0.5, 100_000, 3);
        let n = values.len() as f64;
        let variance = values.iter().map(|x| x * x).sum::<f64>() / n;
        let lagged = values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / n;
        assert!((variance - 4.0 / 3.0).abs() < 0.04, "{variance}");
        assert!((lagged / variance - 0.5).abs() < 0.02);
        let returns = garch_t_returns(&GarchT::default(), 100_000, 3);
        let variance = returns.iter().map(|x| x * x).sum::<f64>() / n;
        assert!((variance / 1e-4 - 1.0).abs() < 0.25, "{variance}");
    }
}
