"""Goldens of crates/metrics: scikit-learn losses, statsmodels HAC errors, pandas backtest, S&P 500 daily file.

Usage, from the repository root: python3 tests/golden/generate/metrics.py
"""

import json
import platform

import numpy as np
import pandas as pd
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss, mean_pinball_loss
from statsmodels.stats.sandwich_covariance import cov_hac

CLOSES = pd.read_csv("node_modules/vega-datasets/data/sp500-2000.csv")["adjclose"]


def provenance(tool, version):
    return {
        "tool": tool,
        "version": f"{version}, numpy {np.__version__}, pandas {pd.__version__}, Python {platform.python_version()}",
        "precision": "f64, shortest form that reads back exactly",
        "command": "python3 tests/golden/generate/metrics.py",
    }


def loss_group():
    t = np.arange(60.0)
    probabilities = np.round(0.5 + 0.45 * np.sin(1.3 * t), 6)
    labels = (np.cos(2.1 * t) > -0.2).astype(float)
    returns = np.round(0.02 * np.sin(3.7 * t), 8)
    variances = np.round(1e-4 * (1.5 + np.cos(0.4 * t)), 10)
    quantiles = -2 * np.sqrt(variances)
    return {
        "probabilities": probabilities.tolist(),
        "labels": labels.tolist(),
        "returns": returns.tolist(),
        "variances": variances.tolist(),
        "quantiles": quantiles.tolist(),
        "log_loss": float(log_loss(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
        "hit_rate": float(((probabilities > 0.5) == (labels == 1)).mean()),
        "qlike": float((np.log(variances) + returns**2 / variances).mean()),
        "pinball_01": float(mean_pinball_loss(returns, quantiles, alpha=0.01)),
    }


def sharpe_error(returns, lags):
    """Delta method on the joint HAC covariance of mean and second moment."""
    moments = np.column_stack([returns, returns**2])
    centred = moments - moments.mean(axis=0)
    gamma = [centred[lag:].T @ centred[: len(centred) - lag] / len(centred) for lag in range(lags + 1)]
    omega = gamma[0] + sum((1 - j / (lags + 1)) * (gamma[j] + gamma[j].T) for j in range(1, lags + 1))
    mean, second = moments.mean(axis=0)
    sd = np.sqrt(second - mean**2)
    gradient = np.array([second / sd**3, -mean / (2 * sd**3)])
    return float(np.sqrt(gradient @ omega @ gradient / len(returns)))


def mean_error(returns, lags):
    fit = sm.OLS(returns, np.ones(len(returns))).fit()
    return float(np.sqrt(cov_hac(fit, nlags=lags, use_correction=False)[0, 0]))


def index_group():
    returns = CLOSES.pct_change().dropna().to_numpy()
    lags = int(1.3 * np.sqrt(len(returns)))
    curve = np.concatenate([[1], np.cumprod(1 + returns)])
    return {
        "n": len(returns),
        "sharpe": float(returns.mean() / returns.std(ddof=1) * np.sqrt(252)),
        "sharpe_error": sharpe_error(returns, lags) * np.sqrt(252),
        "mean_error": mean_error(returns, lags),
        "bandwidth": lags,
        "max_drawdown": float((curve / np.maximum.accumulate(curve) - 1).min()),
        "positive_share": float((returns > 0).mean()),
    }


def recorded_series():
    """Two correlated series with autocorrelation from a linear congruential generator, which any language can repeat."""
    state = 42

    def normal():
        nonlocal state
        total = 0.0
        for _ in range(12):
            state = (1103515245 * state + 12345) % 2**31
            total += state / 2**31
        return total - 6

    first = second = 0.0
    rows = []
    for _ in range(500):
        shock, other = normal(), normal()
        first = 0.2 * first + shock
        second = 0.2 * second + 0.8 * shock + 0.6 * other
        rows.append((0.0005 + 0.01 * first, 0.0008 + 0.01 * second))
    return np.array(rows).T


def difference_error(a, b, lags):
    """Ledoit and Wolf (2008): joint HAC covariance of both means and both second moments, gradient of the difference."""
    moments = np.column_stack([a, b, a**2, b**2])
    centred = moments - moments.mean(axis=0)
    omega = centred.T @ centred / len(a)
    for lag in range(1, lags + 1):
        gamma = centred[lag:].T @ centred[:-lag] / len(a)
        omega += (1 - lag / (lags + 1)) * (gamma + gamma.T)
    mean_a, mean_b, second_a, second_b = moments.mean(axis=0)
    var_a, var_b = second_a - mean_a**2, second_b - mean_b**2
    gradient = [second_a / var_a**1.5, -second_b / var_b**1.5, -mean_a / (2 * var_a**1.5), mean_b / (2 * var_b**1.5)]
    return float(np.sqrt(np.array(gradient) @ omega @ np.array(gradient) / len(a)))


def sharpe_difference_values(a, b, year):
    """Critical value: Kiefer and Vogelsang (2005), table 1, Bartlett, 97.5 %, at b = (lags + 1)/n."""
    lags = int(1.3 * np.sqrt(len(a)))
    difference = float((a.mean() / a.std(ddof=1) - b.mean() / b.std(ddof=1)) * np.sqrt(year))
    error = difference_error(a, b, lags) * np.sqrt(year)
    return {
        "n": len(a),
        "bandwidth": lags,
        "difference": difference,
        "standard_error": float(error),
        "t": float(difference / error),
        "critical_value": float(np.polyval([-0.5324, 0.4160, 2.9694, 1.9600], (lags + 1) / len(a))),
        "error_without_lags": float(difference_error(a, b, 0) * np.sqrt(year)),
        "error_five_lags": float(difference_error(a, b, 5) * np.sqrt(year)),
    }


def index_difference_values():
    """The index against itself held in a share that swings with the phase of a sine."""
    returns = CLOSES.pct_change().dropna().to_numpy()
    share = 0.5 + 0.5 * np.sin(0.37 * np.arange(len(returns)))
    return sharpe_difference_values(returns, share * returns, 252)


def value_at_risk_group():
    """1 % quantile of the previous 250 returns; breaches of the bar after."""
    returns = CLOSES.pct_change().dropna()
    limit = returns.rolling(250).quantile(0.01).shift(1)
    breach = (returns < limit)[limit.notna()].to_numpy().astype(int)
    before, after = breach[:-1], breach[1:]
    interval = stats.binomtest(int(breach.sum()), len(breach)).proportion_ci(0.95, method="exact")

    def ratio(null, alternative):
        return float(2 * (stats.bernoulli.logpmf(*alternative).sum() - stats.bernoulli.logpmf(*null).sum()))

    pooled = after.mean()
    by_state = np.where(before == 1, after[before == 1].mean(), after[before == 0].mean())
    return {
        "n": len(breach),
        "breaches": int(breach.sum()),
        "low": float(interval.low),
        "high": float(interval.high),
        "kupiec": ratio((breach, 0.01), (breach, breach.mean())),
        "independence": ratio((after, pooled), (after, by_state)),
        "transitions": [int(((before == i) & (after == j)).sum()) for i in (0, 1) for j in (0, 1)],
        "worst_window": int(pd.Series(breach).rolling(250).sum().max()),
    }


def backtest_values(rule, smoothing, lag, cost_bp):
    t = np.arange(len(CLOSES))
    rises = (0.5 + 0.2 * np.sin(0.37 * t)) > 0.5
    signals = pd.Series(np.where(rises, 1.0, 0.0 if rule == "long_flat" else -1.0))
    target = signals.rolling(smoothing, min_periods=1).sum() / smoothing
    held = target.shift(lag + 1)
    gross = (held * CLOSES.pct_change()).iloc[lag + 1 :]
    trades = held.iloc[lag + 1 :].diff().fillna(held.iloc[lag + 1]).abs()
    net = gross - cost_bp * 1e-4 * trades
    curve = pd.concat([pd.Series([1.0]), (1 + net).cumprod()])
    return {
        "bars": len(net),
        "net_sharpe": float(net.mean() / net.std() * np.sqrt(252)),
        "gross_sharpe": float(gross.mean() / gross.std() * np.sqrt(252)),
        "net_return": float((1 + net).prod() - 1),
        "turnover": float(trades.sum()),
        "break_even_bp": float(gross.sum() / trades.sum() * 1e4),
        "max_drawdown": float((curve / curve.cummax() - 1).min()),
    }


def main():
    numpy_source = provenance("numpy, pandas, scipy, statsmodels", f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}")
    pandas_source = provenance("pandas, vector formulas", f"pandas {pd.__version__}")
    groups = {
        "losses": {"provenance": provenance("scikit-learn", f"scikit-learn {sklearn.__version__}"), "values": loss_group()},
        "index": {"provenance": numpy_source, "values": index_group()},
        "sharpe_difference": {"provenance": numpy_source, "values": sharpe_difference_values(*recorded_series(), 1)},
        "sharpe_difference_index": {"provenance": numpy_source, "values": index_difference_values()},
        "value_at_risk": {"provenance": numpy_source, "values": value_at_risk_group()},
        "backtest_long_flat": {"provenance": pandas_source, "values": backtest_values("long_flat", 5, 1, 1.0)},
        "backtest_long_short": {"provenance": pandas_source, "values": backtest_values("long_short", 3, 0, 5.0)},
    }
    with open("tests/golden/metrics.json", "w", encoding="utf-8") as file:
        json.dump(groups, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
