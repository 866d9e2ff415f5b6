"""Goldens of crates/stats from scipy and statsmodels.

Usage, from the repository root: python3 tests/golden/generate/stats.py
"""

import json
import platform

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats

VERSIONS = f"Python {platform.python_version()}, numpy {np.__version__}"


def provenance(tool, version):
    return {
        "tool": tool,
        "version": f"{version}, {VERSIONS}",
        "precision": "f64, shortest form that reads back exactly",
        "command": "python3 tests/golden/generate/stats.py",
    }


def hac_group():
    """Variance of a mean under HAC errors: regression on a constant, times n for the long-run variance."""
    values = np.round(np.convolve(np.sin(np.arange(64.0) ** 2), [1, 0.8, 0.5], mode="valid"), 6)
    lags = [0, 1, 4, 12]
    constant = np.ones_like(values)

    def long_run(lag):
        fit = sm.OLS(values, constant).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": False})
        return float(fit.cov_params()[0, 0] * len(values))

    return {"values": values.tolist(), "lags": lags, "long_run_variance": [long_run(lag) for lag in lags]}


def binomial_group():
    cases = [(0, 250, 0.01), (3, 250, 0.01), (84, 4854, 0.01), (59, 4101, 0.01), (250, 250, 0.5), (57, 100, 0.584)]
    intervals = [stats.binomtest(k, n).proportion_ci(0.95, method="exact") for k, n, _ in cases]
    return {
        "successes": [k for k, _, _ in cases],
        "trials": [n for _, n, _ in cases],
        "probability": [p for _, _, p in cases],
        "low_95": [float(interval.low) for interval in intervals],
        "high_95": [float(interval.high) for interval in intervals],
        "at_least": [float(stats.binomtest(k, n, p, alternative="greater").pvalue) for k, n, p in cases],
        "at_most": [float(stats.binomtest(k, n, p, alternative="less").pvalue) for k, n, p in cases],
    }


def coverage_group():
    """Likelihood ratios from log-likelihoods of scipy's Bernoulli distribution."""
    rng = np.random.default_rng(5)
    breaches = (rng.random(400) < 0.03).astype(int)
    breaches[100:104] = 1

    def log_likelihood(outcomes, p):
        return stats.bernoulli.logpmf(outcomes, p).sum()

    def ratio(null, alternative, degrees):
        statistic = 2 * (alternative - null)
        return float(statistic), float(stats.chi2.sf(statistic, degrees))

    uncovered = ratio(log_likelihood(breaches, 0.01), log_likelihood(breaches, breaches.mean()), 1)
    before, after = breaches[:-1], breaches[1:]
    alternative = sum(log_likelihood(after[before == s], after[before == s].mean()) for s in (0, 1))
    independent = ratio(log_likelihood(after, after.mean()), alternative, 1)
    joint = uncovered[0] + independent[0]
    return {
        "breaches": breaches.tolist(),
        "kupiec": list(uncovered),
        "independence": list(independent),
        "conditional": [joint, float(stats.chi2.sf(joint, 2))],
    }


def quantile_group():
    values = np.round(np.cos(np.arange(37.0) * 1.7) * 10, 6)
    levels = [0, 0.01, 0.05, 0.25, 0.5, 0.9, 0.999, 1]
    return {"values": values.tolist(), "levels": levels, "quantiles": np.quantile(values, levels).tolist()}


def main():
    scipy_source = provenance("scipy", f"scipy {scipy.__version__}")
    groups = {
        "hac": {
            "provenance": provenance("statsmodels OLS, cov_type HAC", f"statsmodels {statsmodels.__version__}"),
            "values": hac_group(),
        },
        "binomial": {"provenance": scipy_source, "values": binomial_group()},
        "coverage": {"provenance": scipy_source, "values": coverage_group()},
        "quantile": {"provenance": provenance("numpy.quantile", f"numpy {np.__version__}"), "values": quantile_group()},
    }
    with open("tests/golden/stats.json", "w", encoding="utf-8") as file:
        json.dump(groups, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
