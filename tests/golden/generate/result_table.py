"""Goldens of the result table of the main job on the shipped S&P 500 file, worked out apart from our code.

Usage, from the repository root, after the packages of npm are installed: python3 tests/golden/generate/result_table.py

Bars are counted from 0. Decided at close t, filled at close t+1, first profit or loss on bar t+2. Everything known at bar t
uses bars up to t. The two trained volatility families are fitted here too, on the same slice but by other programs.
"""

import hashlib
import json
import platform

import arch
import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats

DATA = "node_modules/vega-datasets/data/sp500-2000.csv"
SEALED_FROM = "2017-01-01"
GATE_BARS, BLOCK_BARS, EMBARGO_BARS = 500, 250, 5
HORIZON, LAG = 5, 1
COST, BARS_PER_YEAR, SMOOTHING = 1e-4, 252, 5
DECAY = 0.94
WINDOW, BURN_IN, RESIDUALS = 1260, 260, 1000
LONGEST_RANGE = 22

FILE = pd.read_csv(DATA)
CLOSE, HIGH, LOW = (FILE[name].to_numpy() for name in ("close", "high", "low"))
BARS = len(CLOSE)
FIRST = int((FILE["date"] < SEALED_FROM).sum())
RETURN = np.concatenate([[np.nan], np.diff(np.log(CLOSE))])


def provenance(tool):
    packages = {
        "numpy": np, "pandas": pd, "scipy": scipy, "statsmodels": statsmodels, "arch": arch,
    }  # fmt: skip
    versions = ", ".join(f"{name} {package.__version__}" for name, package in packages.items())
    return {
        "tool": tool,
        "version": f"Python {platform.python_version()}, {versions}",
        "precision": "f64, shortest form that reads back exactly",
        "command": "python3 tests/golden/generate/result_table.py",
        "dataSha256": hashlib.sha256(open(DATA, "rb").read()).hexdigest(),
    }


def group(tool, values, tolerances):
    """Tolerances are absolute, by name of a value; what has none must be equal."""
    return {"provenance": provenance(tool), "values": values, "tolerances": tolerances}


def hac_error(values, horizon):
    """Standard error of the mean: Bartlett, L = max(horizon - 1, floor(1.3 sqrt n)), no small-sample factor."""
    lags = max(horizon - 1, int(1.3 * np.sqrt(len(values))))
    fit = sm.OLS(values, np.ones(len(values))).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})
    return float(fit.bse[0])


def paired(candidate, baseline, horizon):
    difference = candidate - baseline
    mean = float(difference.mean())
    return {"deltaLoss": mean, "deltaT": mean / hac_error(difference, horizon)}


# --- direction ---------------------------------------------------------------------------------------------------


def label(t):
    """1 if the close rises from bar t+1 to bar t+6, NaN before that is known."""
    return float(CLOSE[t + LAG + HORIZON] > CLOSE[t + LAG]) if t + LAG + HORIZON < BARS else np.nan


LABEL = np.array([label(t) for t in range(BARS)])


def base_rate(t):
    """Share of rises among the labels known at bar t: those of bars up to t-6."""
    return float(np.clip(LABEL[: t - LAG - HORIZON + 1].mean(), 0.01, 0.99))


def log_loss(probabilities):
    labels = LABEL[FIRST : FIRST + len(probabilities)]
    return -np.where(labels == 1, np.log(probabilities), np.log1p(-probabilities))


def trading(probabilities):
    """One euro at a time, bar by bar; the span is entered without a position, whatever came before it."""
    signal = [1.0 if p > 0.5 else 0.0 for p in probabilities]
    decided = [sum(signal[max(0, i - SMOOTHING + 1) : i + 1]) / SMOOTHING for i in range(len(signal))]
    held, gross, net, traded = 0.0, [], [], 0.0
    for i in range(2, len(signal)):
        weight = decided[i - 2]
        turn = abs(weight - held)
        move = CLOSE[FIRST + i] / CLOSE[FIRST + i - 1] - 1
        gross.append(weight * move)
        net.append(weight * move - COST * turn)
        held, traded = weight, traded + turn
    net = np.array(net)
    sd, ratio = net.std(), net.mean() / net.std()
    z = (net - net.mean()) / sd
    curve = np.concatenate([[1.0], np.cumprod(1 + net)])
    year = np.sqrt(BARS_PER_YEAR)
    return {
        "netSharpe": float(net.mean() / net.std(ddof=1) * year),
        # Delta method on mean and standard deviation (Lo, 2002), HAC.
        "netSharpeSe": hac_error(z - ratio / 2 * (z**2 - 1), 1) * float(year),
        "turnoverPerYear": float(traded / len(net) * BARS_PER_YEAR),
        "maxDrawdown": float((curve / np.maximum.accumulate(curve) - 1).min()),
        "breakEvenBps": float(1e4 * sum(gross) / traded),
    }


def direction_row(probabilities):
    matured = BARS - FIRST - LAG - HORIZON
    known, labels = np.asarray(probabilities)[:matured], LABEL[FIRST : FIRST + matured]
    losses = log_loss(known)
    row = {
        "bars": matured,
        "loss": float(losses.mean()),
        "hitRate": float(((known > 0.5) == (labels == 1)).mean()),
        "baseRate": float(labels.mean()),
        **trading(probabilities),
    }
    return row, losses


def switching(i):
    """Probabilities that change sides every few bars: a constant one would hide a wrong fill bar."""
    return ((i * i + 3 * i) % 31 + 1) / 33


DIRECTION_TOLERANCES = {
    "loss": 1e-12, "hitRate": 1e-12, "baseRate": 1e-12, "netSharpe": 1e-9, "netSharpeSe": 1e-9, "turnoverPerYear": 1e-9,
    "maxDrawdown": 1e-12, "breakEvenBps": 1e-6, "deltaLoss": 1e-12, "deltaT": 1e-8,
}  # fmt: skip


def direction_groups():
    span = range(FIRST, BARS)
    naive, naive_losses = direction_row([base_rate(t) for t in span])
    hold = {"hitRate": naive["baseRate"], "baseRate": naive["baseRate"], **trading([1.0] * len(span))}
    other, other_losses = direction_row([switching(i) for i in range(len(span))])
    other.update(paired(other_losses, naive_losses, HORIZON))
    tool = "numpy; HAC errors by statsmodels OLS on a constant"
    return {
        "base_rate": group(tool, naive, DIRECTION_TOLERANCES),
        "hold": group(tool, hold, DIRECTION_TOLERANCES),
        "switching": group(tool, other, DIRECTION_TOLERANCES),
    }


# --- volatility --------------------------------------------------------------------------------------------------


def qlike(variances, rows):
    return np.log(variances) + RETURN[rows + 1] ** 2 / variances


def filtered(step, start, mean=0.0):
    """Variance forecast and 1 % VaR of every bar from its window; `start` gives the variance before the window."""

    def forecast(t):
        errors = RETURN[t - WINDOW + 1 : t + 1] - mean
        variance, past = start(errors), []
        for error in errors:
            past.append(variance)
            variance = step(variance, error)
        residuals = (errors / np.sqrt(past))[BURN_IN:]
        assert len(residuals) == RESIDUALS
        return variance, max(0.0, -(mean + np.sqrt(variance) * np.quantile(residuals, 0.01)))

    return forecast


def ewma():
    return filtered(lambda variance, error: DECAY * variance + (1 - DECAY) * error**2, lambda errors: errors[0] ** 2)


def fit_rows_end():
    """End of the candidate's fit slice: before early stopping, calibration, test and gate, purged and embargoed."""
    labelled = FIRST - 1
    early_stopping = labelled - GATE_BARS - 3 * BLOCK_BARS
    return early_stopping - 1 - EMBARGO_BARS


def gate_rows():
    return np.arange(FIRST - 1 - GATE_BARS, FIRST - 1)


def log_har():
    """Least squares of ln Parkinson variance on its day, week and month, back by smearing and the ratio to squared returns."""
    parkinson = pd.Series(np.log(HIGH / LOW) ** 2 / (4 * np.log(2)))
    ranges = np.log(np.column_stack([parkinson.rolling(bars).mean() for bars in (1, 5, LONGEST_RANGE)]))
    rows = np.arange(LONGEST_RANGE - 1, fit_rows_end() - 1)
    fit = sm.OLS(ranges[rows + 1, 0], sm.add_constant(ranges[rows])).fit()
    squares = (RETURN[rows + 1] ** 2).mean()
    scale = squares / np.exp(fit.fittedvalues).mean()
    variances = np.maximum(np.exp(sm.add_constant(ranges) @ fit.params) * scale, 0.01 * squares)

    def forecast(t):
        past = np.arange(t - RESIDUALS, t)
        residuals = RETURN[past + 1] / np.sqrt(variances[past])
        return variances[t], max(0.0, -np.sqrt(variances[t]) * np.quantile(residuals, 0.01))

    return forecast


def gjr_garch_t():
    """Maximum likelihood on percent returns of the fit slice; the best of three starts."""
    percent = RETURN[1 : fit_rows_end()] * 100
    model = arch.arch_model(percent, mean="Constant", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
    starts = [None, [0.02, 0.02, 0.01, 0.1, 0.9, 8], [0.03, 0.01, 0.0, 0.15, 0.92, 10]]
    options = {"ftol": 1e-12, "maxiter": 2000}
    fits = [model.fit(disp="off", starting_values=start, options=options) for start in starts]
    found = max(fits, key=lambda fit: fit.loglikelihood).params
    omega, mean = found["omega"] / 1e4, found["mu"] / 100
    alpha, gamma, beta = (found[f"{name}[1]"] for name in ("alpha", "gamma", "beta"))
    return filtered(
        lambda variance, error: omega + (alpha + gamma * (error < 0)) * error**2 + beta * variance,
        lambda errors: (errors[:BURN_IN] ** 2).mean(),
        mean,
    )


def volatility_row(forecast):
    rows = np.arange(FIRST, BARS - 1)
    variances, at_risk = np.array([forecast(t) for t in rows]).T
    losses = qlike(variances, rows)
    breaches = int((RETURN[rows + 1] < -at_risk).sum())
    interval = stats.binomtest(breaches, len(rows), 0.01).proportion_ci(0.95, "exact")
    row = {
        "bars": len(rows),
        "loss": float(losses.mean()),
        "breaches": breaches,
        "expectedBreaches": len(rows) * 0.01,
        "breachRateInterval": [float(interval.low), float(interval.high)],
        "volatilityOfLastBar": float(np.sqrt(forecast(BARS - 1)[0])),
        "valueAtRiskOfLastBar": float(forecast(BARS - 1)[1]),
    }
    return row, losses


def gate_test(candidate, incumbent):
    rows = gate_rows()
    losses = [qlike(np.array([forecast(t)[0] for t in rows]), rows) for forecast in (candidate, incumbent)]
    found = paired(*losses, 1)
    return {"gateBars": len(rows), "gateDeltaLoss": found["deltaLoss"], "gateT": found["deltaT"]}


def tolerances(loss, t):
    return {
        "loss": loss, "deltaLoss": loss, "gateDeltaLoss": loss, "deltaT": t, "gateT": t, "expectedBreaches": 1e-9,
        "breachRateInterval": 1e-9, "volatilityOfLastBar": loss, "valueAtRiskOfLastBar": loss,
    }  # fmt: skip


def volatility_groups():
    naive = ewma()
    row, naive_losses = volatility_row(naive)
    # The start of the window weighs 0.94^1260: nothing that could be seen.
    groups = {"ewma": group("numpy, scipy", row, tolerances(1e-12, 1e-8))}
    families = [
        ("log_har", log_har(), "statsmodels OLS", tolerances(1e-9, 1e-6)),
        # Two optimisers stop at slightly different places.
        ("gjr_garch_t", gjr_garch_t(), "arch", tolerances(1e-4, 5e-3)),
    ]
    for name, forecast, tool, allowed in families:
        row, losses = volatility_row(forecast)
        row.update(paired(losses, naive_losses, 1))
        row.update(gate_test(forecast, naive))
        groups[name] = group(f"{tool}, numpy, scipy", row, allowed)
    return groups


def main():
    with open("tests/golden/result_table.json", "w", encoding="utf-8") as file:
        json.dump({**direction_groups(), **volatility_groups()}, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
