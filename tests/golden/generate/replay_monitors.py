"""Monitors worked out from bars, logged answers and the rules of the documentation. Used by replay.py.

docs/honesty.md "How the monitors compute", docs/adr/0006. Rows are counted from the first bar of the file.
"""

import numpy as np
from replay_bars import DATES
from replay_tests import band
from scipy import stats
from scipy.spatial.distance import jensenshannon

BINS = 10
LEVEL = 0.01


def share_of(value, limit):
    """Value over limit. PSI has a largest value, which a limit may share: what differs by rounding is the same."""
    return 1.0 if np.isclose(value, limit, rtol=1e-9, atol=0) else value / limit


def status_of(share):
    """Of its limit."""
    return "critical" if share > 2 else "warning" if share > 1 else "ok"


# --- drift -------------------------------------------------------------------------------------------------------


def statistics(reference, current):
    """The five conventions; bins are the deciles of the reference."""
    edges = np.unique(np.quantile(reference, np.arange(1, BINS) / BINS))
    counts = [np.bincount(np.searchsorted(edges, x, "right"), minlength=len(edges) + 1) for x in (reference, current)]
    seen = (counts[0] + counts[1]) > 0
    r, c = counts[0][seen], counts[1][seen]
    p, q = [(side + 0.5) / (side.sum() + 0.5 * len(side)) for side in (r, c)]
    return {
        "psi/quantile-ref": float(((p - q) * np.log(p / q)).sum()),
        "kl/quantile-ref": float(stats.entropy(p, q)),
        "js/quantile-ref": float(jensenshannon(r, c, base=2)),
        "ks": float(stats.ks_2samp(reference, current).statistic),
        "w1/iqr": float(stats.wasserstein_distance(reference, current) / (stats.iqr(reference) / 1.349)),
    }


class Drift:
    """One series of values by row, NaN where there is none. Blocks are counted from its first value."""

    def __init__(self, values, rules):
        self.values, self.rules = values, rules
        self.first = int(np.flatnonzero(~np.isnan(values))[0])
        self.known = {}

    def reference_end(self, row):
        """The reference ends where the window of the block's first bar begins."""
        window = self.rules["windowBars"]
        return self.first + ((row - self.first) // window - 1) * window

    def pair(self, row):
        """Statistics of the window that ends with `row`; nothing where the reference is not full."""
        if row not in self.known:
            window, size = self.rules["windowBars"], self.rules["referenceBars"]
            end = self.reference_end(row)
            start = end - size + 1
            is_full = start >= self.first
            reference, current = self.values[start : end + 1], self.values[row - window + 1 : row + 1]
            self.known[row] = statistics(reference, current) if is_full else None
        return self.known[row]

    def at(self, row):
        """Value and limit by convention, and the number of past pairs."""
        window = self.rules["windowBars"]
        begin = self.first + (row - self.first) % window
        past = [pair for pair in map(self.pair, range(begin, row, window)) if pair is not None]
        found = self.pair(row)
        if found is None:
            return {"status": "insufficient"}
        report = {"pairs": len(past), "referenceEnd": DATES[self.reference_end(row)], "statistics": {}}
        for name, value in found.items():
            limit = None
            if len(past) >= self.rules["minPairs"]:
                limit = float(np.quantile([pair[name] for pair in past], self.rules["limitQuantile"]))
            report["statistics"][name] = {"value": value, "limit": limit}
        alarm = report["statistics"][self.rules["alarmOn"]]
        known = alarm["limit"] is not None
        status = status_of(share_of(alarm["value"], alarm["limit"])) if known else "insufficient"
        return {**report, **alarm, "status": status}


# --- performance -------------------------------------------------------------------------------------------------


def mean_band(values, rules, horizon):
    """Mean of paired differences against a HAC band: the newest `windowBars`, `minBars` at least."""
    values = values[-rules["windowBars"] :]
    if len(values) < rules["minBars"]:
        return {"bars": len(values), "status": "insufficient"}
    return {"bars": len(values), **band(values, rules["alpha"], horizon)}


def loss(served, baseline, is_baseline, rules, horizon):
    """Of what serves, above the naive baseline: one side of the band."""
    if is_baseline:
        return {"bars": min(len(served), rules["windowBars"]), "status": "degenerate"}
    found = mean_band(served - baseline, rules, horizon)
    if "limit" in found:
        window = slice(-rules["windowBars"], None)
        found |= {"meanLoss": float(served[window].mean()), "baselineLoss": float(baseline[window].mean())}
        found["status"] = status_of(found["value"] / found["limit"])
    return found


def calibration(errors, rules, horizon):
    """Outcome against forecast: either side of the band."""
    found = mean_band(errors, rules, horizon)
    if "limit" in found:
        found["status"] = status_of(abs(found["value"]) / found["limit"])
    return found


def value_at_risk(breaches, rules):
    """Basel's zones in the newest bars; the lower tail in more of them, once there are as many."""
    window, lower = rules["windowBars"], rules["lowerWindowBars"]
    if len(breaches) < window:
        return {"bars": len(breaches), "status": "insufficient"}
    count = int(breaches[-window:].sum())
    yellow, red = (int(stats.binom.ppf(share, window, LEVEL)) for share in (0.95, 0.9999))
    found = {
        "bars": window,
        "value": float(count),
        "limit": float(yellow - 1),
        "pAtLeast": float(stats.binom.sf(count - 1, window, LEVEL)),
        "status": "critical" if count >= red else "warning" if count >= yellow else "ok",
    }
    if len(breaches) >= lower:
        found["pAtMost"] = float(stats.binom.cdf(int(breaches[-lower:].sum()), lower, LEVEL))
        if found["pAtMost"] < rules["alpha"] and found["status"] == "ok":
            found["status"] = "warning"
    return found
