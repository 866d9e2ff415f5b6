//! Losses and trading figures, by the code that training uses.

use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use tidemark_metrics::{
    BacktestResult, DirectionBacktest, Fill, PositionRule, log_losses, qlike_losses, value_at_risk_breaches,
};
use tidemark_stats::{Interval, clopper_pearson};

use crate::edge::{Fault, Result, guard};

/// How probabilities become positions and positions become returns.
#[napi(object)]
pub struct BacktestOptions {
    /// `long_flat` or `long_short`.
    #[napi(ts_type = "'long_flat' | 'long_short'")]
    pub rule: String,
    /// Daily signals averaged into a position.
    pub smoothing: u32,
    /// Bars between the decision's close and the fill's close; 0 fills at the same close.
    pub fill_lag: u32,
    /// Cost per unit of turnover, basis points.
    pub cost_bps: f64,
    /// Bars of a year.
    pub bars_per_year: f64,
}

/// Figures of a backtest. What could not be computed is absent.
#[napi(object)]
pub struct BacktestFigures {
    /// Bars with a return.
    pub bars: u32,
    /// The first of them, counted in closes. It depends on the fill alone.
    pub first_bar: u32,
    /// Return after cost of each of these bars.
    pub net_returns: Float64Array,
    /// Annualised Sharpe ratio after cost; absent when returns do not vary.
    pub net_sharpe: Option<f64>,
    /// Its HAC standard error.
    pub net_sharpe_se: Option<f64>,
    /// Compounded return after cost.
    pub net_return: f64,
    /// Sum of absolute position changes per year.
    pub turnover_per_year: f64,
    /// Largest fall from a peak of the compounded net return, as a share: zero or negative.
    pub max_drawdown: f64,
    /// Cost at which the summed net returns are zero; absent without turnover.
    pub break_even_bps: Option<f64>,
}

/// An interval.
#[napi(object)]
pub struct NumberInterval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl From<Interval> for NumberInterval {
    fn from(Interval { low, high }: Interval) -> Self {
        Self { low, high }
    }
}

/// How a value at risk held up. What could not be computed is absent.
#[napi(object)]
pub struct ValueAtRiskFigures {
    /// Bars compared.
    pub n: u32,
    /// Bars whose loss exceeded the value at risk.
    pub breaches: u32,
    /// Bars times the stated probability.
    pub expected: f64,
    /// Breaches over bars.
    pub rate: f64,
    /// Exact 95 % interval of the probability of a breach.
    pub rate_interval: NumberInterval,
    /// Is the number of breaches as stated? (Kupiec, 1995.)
    pub kupiec_p: f64,
    /// Number and independence together: conditional coverage (Christoffersen, 1998). Absent without a bar before or
    /// after a breach to judge.
    pub christoffersen_p: Option<f64>,
    /// Do breaches come independently of the bar before? Absent as the one above.
    pub independence_p: Option<f64>,
    /// Most breaches in any 250 consecutive bars; absent for a shorter span.
    pub worst_window_breaches: Option<u32>,
}

/// Log loss of every row: probabilities of a label of 1 against labels of 0 or 1.
#[napi(catch_unwind)]
pub fn log_loss_per_row(probabilities: &[f64], labels: &[f64]) -> Result<Float64Array> {
    guard(|| Ok(log_losses(probabilities, labels)?.into()))
}

/// QLIKE of every row: forecasts of the standard deviation of the next return against its square.
#[napi(catch_unwind)]
pub fn qlike_per_row(volatilities: &[f64], squared_returns: &[f64]) -> Result<Float64Array> {
    guard(|| {
        let variances: Vec<f64> = volatilities
            .iter()
            .map(|volatility| volatility * volatility)
            .collect();
        Ok(qlike_losses(&variances, squared_returns)?.into())
    })
}

/// Trades daily probabilities on daily closes; NaN is an abstention.
#[napi(catch_unwind)]
pub fn backtest_direction(
    closes: &[f64],
    probabilities: &[f64],
    options: BacktestOptions,
) -> Result<BacktestFigures> {
    guard(|| {
        let probabilities: Vec<Option<f64>> = probabilities
            .iter()
            .map(|&value| (!value.is_nan()).then_some(value))
            .collect();
        let BacktestResult {
            first_bar,
            net,
            summary,
            ..
        } = backtest(&options)?.run(closes, &probabilities)?;
        Ok(BacktestFigures {
            bars: summary.bars as u32,
            first_bar: first_bar as u32,
            net_returns: net.into(),
            net_sharpe: summary.net_sharpe.map(|sharpe| sharpe.value),
            net_sharpe_se: summary.net_sharpe.map(|sharpe| sharpe.standard_error),
            net_return: summary.net_return,
            turnover_per_year: summary.turnover / summary.bars as f64 * options.bars_per_year,
            max_drawdown: summary.max_drawdown,
            break_even_bps: summary.break_even_bp,
        })
    })
}

/// Exact interval of a success probability (Clopper and Pearson, 1934).
#[napi(catch_unwind)]
pub fn binomial_interval(successes: u32, trials: u32, confidence: f64) -> Result<NumberInterval> {
    guard(|| {
        let interval = clopper_pearson(u64::from(successes), u64::from(trials), confidence)?;
        Ok(interval.into())
    })
}

/// How a value at risk held up on consecutive bars. A breach is a return below minus the value at risk, both in the
/// same unit; `probability` is the stated one of a breach.
#[napi(catch_unwind)]
pub fn value_at_risk_report(
    returns: &[f64],
    values_at_risk: &[f64],
    probability: f64,
) -> Result<ValueAtRiskFigures> {
    guard(|| {
        let breaches = value_at_risk_breaches(returns, values_at_risk)?;
        let report = tidemark_metrics::value_at_risk_report(&breaches, probability)?;
        Ok(ValueAtRiskFigures {
            n: report.n as u32,
            breaches: report.breaches as u32,
            expected: report.expected,
            rate: report.rate,
            rate_interval: report.rate_interval.into(),
            kupiec_p: report.kupiec.p_value,
            independence_p: report.christoffersen.map(|joint| joint.independence.p_value),
            christoffersen_p: report
                .christoffersen
                .map(|joint| joint.conditional_coverage.p_value),
            worst_window_breaches: report.worst_window_breaches.map(|count| count as u32),
        })
    })
}

fn backtest(options: &BacktestOptions) -> std::result::Result<DirectionBacktest, Fault> {
    let rule = match options.rule.as_str() {
        "long_flat" => PositionRule::LongFlat,
        "long_short" => PositionRule::LongShort,
        other => {
            let message = format!("position rule must be long_flat or long_short, got {other}");
            return Err(Fault::new("POSITION_RULE_UNKNOWN", message));
        }
    };
    let fill = match options.fill_lag {
        0 => Fill::SameClose,
        bars => Fill::CloseAfter(bars as usize),
    };
    Ok(DirectionBacktest {
        rule,
        smoothing: options.smoothing as usize,
        fill,
        cost_bp: options.cost_bps,
        periods_per_year: options.bars_per_year,
    })
}
