"""Golden numbers for the volatility models, from independent programs.

Writes tests/golden/models_volatility.json. Run from the repository root after `npm ci`:

    python tests/golden/generate/models_volatility.py

Needs arch, numpy, pandas, scipy and statsmodels; their versions are written into the file.
"""

import json
import pathlib

import arch
import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm
from arch import arch_model
from scipy.optimize import minimize

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = "python tests/golden/generate/models_volatility.py"
PRECISION = "float64, shortest round-trip digits"
BURN_IN, RESIDUALS = 260, 1000
LOG_HAR_ROWS = 3000

bars = pd.read_csv(ROOT / "node_modules/vega-datasets/data/sp500-2000.csv")
percent_changes = 100 * bars["adjclose"].pct_change().dropna().to_numpy()
log_returns = np.diff(np.log(bars["close"].to_numpy()))


def group(tool, version, values):
    return {
        "provenance": {"tool": tool, "version": version, "precision": PRECISION, "command": COMMAND},
        "values": values,
    }


def arch_fit(order, dist):
    """Optimum of arch with its own backcast, polished by restarts from the optimum, and the likelihood there."""
    model = arch_model(percent_changes, mean="Constant", vol="GARCH", p=1, o=order, q=1, dist=dist, rescale=False)
    result = model.fit(disp="off", tol=1e-12, options={"maxiter": 2000})
    for _ in range(3):
        again = model.fit(disp="off", tol=1e-14, starting_values=result.params, options={"maxiter": 2000})
        result = again if again.loglikelihood >= result.loglikelihood else result
    return result


def arch_group(order, dist):
    result = arch_fit(order, dist)
    names = {"mu": "mu", "omega": "omega", "alpha[1]": "alpha", "gamma[1]": "gamma", "beta[1]": "beta", "nu": "nu"}
    values = {names[name]: float(value) for name, value in result.params.items()}
    values["log_likelihood"] = float(result.loglikelihood)
    return group("arch", arch.__version__, values)


def mean_square_likelihood(parameters):
    """GARCH(1,1)-normal with presample e² = h = mean(e²), written from the definition."""
    mu, omega, alpha, beta = parameters
    e2 = (percent_changes - mu) ** 2
    h = np.empty_like(e2)
    h[0] = omega + (alpha + beta) * e2.mean()
    for t in range(1, len(h)):
        h[t] = omega + alpha * e2[t - 1] + beta * h[t - 1]
    return -0.5 * np.sum(np.log(2 * np.pi) + np.log(h) + e2 / h)


def mean_square_group():
    options = {"maxiter": 20000, "maxfev": 20000, "xatol": 1e-10, "fatol": 1e-10}
    start = np.array([0.06, 0.02, 0.12, 0.86])
    for _ in range(3):
        found = minimize(lambda p: -mean_square_likelihood(p), start, method="Nelder-Mead", options=options)
        start = found.x
    mu, omega, alpha, beta = map(float, found.x)
    values = {"mu": mu, "omega": omega, "alpha": alpha, "beta": beta, "log_likelihood": float(-found.fun)}
    return group("scipy.optimize.minimize on a likelihood in numpy", scipy.__version__, values)


def fgarch_group():
    provenance = {
        "tool": "R fGarch (r-cran-fgarch)",
        "version": "R 4.2.2",
        "precision": "float64, 7 digits printed",
        "command": "garchFit(~garch(1,1), data = 100 * diff(adjclose) / head(adjclose, -1), cond.dist = 'norm' | 'std')",
    }
    values = {
        "normal": [0.0631270, 0.0217543, 0.1239173, 0.8610960],
        "normal_log_likelihood": -6982.579,
        "student": [0.0718933, 0.0125546, 0.1219941, 0.8768185, 6.29499],
        "student_log_likelihood": -6873.417,
    }
    return {"provenance": provenance, "values": values}


def value_at_risk(mu, sigma, residuals):
    return float(max(0.0, -(mu + sigma * np.quantile(residuals, 0.01))))


def recursion_forecast(window, mu, omega, positive, negative, beta):
    e = window - mu
    h = np.empty(len(e) + 1)
    h[0] = np.mean(e[:BURN_IN] ** 2)
    for t, error in enumerate(e):
        h[t + 1] = omega + (negative if error < 0 else positive) * error**2 + beta * h[t]
    residuals = (e / np.sqrt(h[:-1]))[BURN_IN:]
    return [float(np.sqrt(h[-1])), value_at_risk(mu, np.sqrt(h[-1]), residuals)]


def window_group():
    """Forecasts from the window that ends at a bar, in log returns."""
    gjr = {"mu": 0.0004, "omega": 1.7e-6, "positive": 0.01, "negative": 0.22, "beta": 0.87}
    ewma = {"mu": 0.0, "omega": 0.0, "positive": 0.06, "negative": 0.06, "beta": 0.94}
    values = {}
    for bar in (600, 1500, 2500, 5104):
        window = log_returns[max(0, bar - BURN_IN - RESIDUALS) : bar]
        values[f"ewma_{bar}"] = recursion_forecast(window, **ewma)
        values[f"gjr_{bar}"] = recursion_forecast(window, **gjr)
    values["gjr_parameters"] = list(gjr.values())
    return group("numpy", np.__version__, values)


def log_har_group():
    parkinson = np.log(bars["high"] / bars["low"]) ** 2 / (4 * np.log(2))
    parkinson = parkinson.clip(lower=1e-10)
    logs = np.log(pd.DataFrame({n: parkinson.rolling(n).mean() for n in (1, 5, 22)}).to_numpy())
    rows = np.arange(21, LOG_HAR_ROWS - 1)
    fit = sm.OLS(logs[rows + 1, 0], sm.add_constant(logs[rows])).fit()
    smearing = np.mean(np.exp(fit.resid))
    square = np.mean(log_returns[rows] ** 2)  # log_returns[i] belongs to bar i + 1
    ratio = square / (smearing * np.mean(np.exp(fit.fittedvalues)))

    def variance(bar):
        return max(smearing * ratio * np.exp(fit.params @ np.r_[1.0, logs[bar]]), 0.01 * square)

    values = {
        "rows": len(rows),
        "coefficients": [float(value) for value in fit.params],
        "smearing": float(smearing),
        "range_to_close": float(ratio),
        "r_squared": float(fit.rsquared),
    }
    for bar in (600, 1500, 2999):
        first = max(1 + BURN_IN, bar - RESIDUALS + 1)
        residuals = [log_returns[b - 1] / np.sqrt(variance(b - 1)) for b in range(first, bar + 1)]
        sigma = np.sqrt(variance(bar))
        values[f"forecast_{bar}"] = [float(sigma), value_at_risk(0.0, sigma, residuals)]
    return group("statsmodels", statsmodels.__version__, values)


groups = {
    "arch_garch_normal": arch_group(0, "normal"),
    "arch_garch_t": arch_group(0, "t"),
    "arch_gjr_normal": arch_group(1, "normal"),
    "arch_gjr_t": arch_group(1, "t"),
    "mean_square_garch_normal": mean_square_group(),
    "fgarch": fgarch_group(),
    "windows": window_group(),
    "log_har": log_har_group(),
}
text = json.dumps(groups, indent=2)
(ROOT / "tests/golden/models_volatility.json").write_text(text + "\n")
