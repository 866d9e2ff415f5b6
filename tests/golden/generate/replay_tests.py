"""Paired tests with HAC errors and fixed-b critical values (docs/honesty.md). Used by replay.py."""

import numpy as np
import statsmodels.api as sm

# Kiefer and Vogelsang (2005), Bartlett kernel: critical values as a cubic of b = (L + 1) / n, by one-sided level.
KIEFER_VOGELSANG = {
    0.1: (1.2816, 1.3040, 0.5135, -0.3386),
    0.05: (1.6449, 2.1859, 0.3142, -0.3427),
    0.025: (1.9600, 2.9694, 0.4160, -0.5324),
    0.01: (2.3263, 4.1618, 0.5368, -0.9060),
}


def lags(n, horizon):
    return max(horizon - 1, int(1.3 * np.sqrt(n)))


def hac_error(values, horizon):
    """Standard error of the mean, Bartlett, no small-sample factor."""
    kernel = {"maxlags": lags(len(values), horizon), "use_correction": False}
    return float(sm.OLS(values, np.ones(len(values))).fit(cov_type="HAC", cov_kwds=kernel).bse[0])


def kv_critical(level, n, horizon):
    b = (lags(n, horizon) + 1) / n
    return float(sum(a * b**power for power, a in enumerate(KIEFER_VOGELSANG[level])))


def band(values, level, horizon):
    error, critical = hac_error(values, horizon), kv_critical(level, len(values), horizon)
    mean = float(np.mean(values))
    test = {"standardError": error, "criticalValue": critical, "t": mean / error}
    return {"value": mean, "limit": critical * error, **test}
