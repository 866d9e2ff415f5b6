"""Goldens of crates/drift from scipy and numpy.

Usage, from the repository root: python3 tests/golden/drift/generate.py
"""

import json
import platform

import numpy as np
import scipy
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

BINS = 10


def provenance(tool):
    return {
        "tool": tool,
        "version": f"scipy {scipy.__version__}, numpy {np.__version__}, Python {platform.python_version()}",
        "precision": "f64, shortest form that reads back exactly",
        "command": "python3 tests/golden/drift/generate.py",
    }


def shares(reference, current):
    """Counts of both samples in the bins of the reference's deciles that hold a value of either."""
    edges = np.unique(np.quantile(reference, np.arange(1, BINS) / BINS))
    if len(edges) == 1:
        edges = np.array([edges[0], np.nextafter(edges[0], np.inf)])
    counts = [np.bincount(np.searchsorted(edges, x, "right"), minlength=len(edges) + 1) for x in (reference, current)]
    occupied = (counts[0] + counts[1]) > 0
    return counts[0][occupied], counts[1][occupied]


def binned(reference, current):
    r, c = shares(reference, current)
    p, q = [(counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (r, c)]
    plain = [counts / counts.sum() for counts in (r, c)]
    floored = [np.maximum(share, 1e-4) for share in plain]
    return {
        "reference_counts": r.tolist(),
        "current_counts": c.tolist(),
        "psi": float(stats.entropy(p, q) + stats.entropy(q, p)),
        "psi_floor": float(np.sum((floored[0] - floored[1]) * np.log(floored[0] / floored[1]))),
        "kl": float(stats.entropy(p, q)),
        "js": float(jensenshannon(*plain, base=2)),
    }


def case(reference, current):
    exact = stats.ks_2samp(reference, current)
    w1 = float(stats.wasserstein_distance(reference, current))
    values = {
        "ks": float(exact.statistic),
        "ks_p": float(exact.pvalue),
        "ks_location": float(exact.statistic_location),
        "ks_sign": int(exact.statistic_sign),
        "w1": w1,
        **binned(reference, current),
    }
    # One value a side is half an effective one, which scipy rounds to none: its p-value is NaN.
    if len(reference) * len(current) > 1:
        values["ks_p_asymptotic"] = float(stats.ks_2samp(reference, current, method="asymp").pvalue)
    std, iqr = float(np.std(reference)), float(stats.iqr(reference))
    if std > 0:
        values["w1_std"] = w1 / std
    if iqr > 0:
        values["w1_iqr"] = w1 / (iqr / 1.349)
    return values


def random_cases():
    rng = np.random.default_rng(20)
    normal = lambda n: np.round(rng.normal(size=n), 6)

    def autoregressive(n):
        values = [rng.normal() / np.sqrt(1 - 0.81)]
        for _ in range(n - 1):
            values.append(0.9 * values[-1] + rng.normal())
        return np.round(values, 6)

    return {
        "normal": (normal(250), normal(63)),
        "normal_equal_sizes": (normal(300), normal(300) + 0.25),
        "student_t": (np.round(rng.standard_t(3, 400), 6), np.round(1.6 * rng.standard_t(3, 120), 6)),
        "ties": (np.round(rng.normal(size=200), 1), np.round(rng.normal(0.1, 1.2, size=150), 1)),
        "autoregressive": (autoregressive(250), autoregressive(250)),
        "small": (normal(5), normal(7)),
        "single_values": (np.array([1.0]), np.array([2.0])),
        "signs": ((rng.random(120) < 0.4).astype(float), (rng.random(48) < 0.6).astype(float)),
        "mostly_zero": (np.where(rng.random(150) < 0.9, 0.0, normal(150)), np.where(rng.random(60) < 0.7, 0.0, normal(60))),
        "disjoint": (np.round(rng.random(90), 6), np.round(10 + rng.random(40), 6)),
        "constant_moved": (np.full(5, 3.0), np.full(5, 4.0)),
        "constant_same": (np.full(6, 3.0), np.full(4, 3.0)),
        "constant_reference": (np.zeros(20), normal(30)),
        "constant_current": (normal(30), np.full(20, 0.25)),
    }


def large_case(n, m):
    """Samples by formula, so that tests can make them again: too long for this file."""
    reference = (7919 * np.arange(n) % 12007) / 12007
    u = (3571 * np.arange(m) % 10007) / 10007
    return case(reference, 0.97 * u + 0.03 * (u * u))


def kolmogorov_group():
    """P(D_n > x) on both sides of every boundary between scipy's methods."""
    points = []
    for n in [1, 2, 5, 20, 99, 140, 141, 500, 1000, 5000, 100_000, 100_001, 1_000_000]:
        squares = [0.02, 0.1, 0.3, 0.5, 0.75, 0.76, 1.0, 1.5, 2.0, 2.19, 2.21, 3.0, 3.99, 4.01, 8.0, 17.0, 19.0, 60.0, 300.0]
        points += [(n, float(np.sqrt(s / n))) for s in squares]
        points += [(n, t / n) for t in [0.3, 0.5, 0.8, 0.999, 1.3, 2.5] if t < n]
        # scipy sums a million terms for each of these and both answers are 0.
        points += [(n, x) for x in [0.45, 0.5, 0.55, 0.8, 0.995, 1 - 0.5 / n] if n <= 5000]
    points = [(n, x) for n, x in points if 0 < x < 1]
    return {
        "n": [n for n, _ in points],
        "x": [x for _, x in points],
        "survival": [float(stats.kstwo.sf(x, n)) for n, x in points],
    }


def smirnov_group():
    points = [(n, x) for n in [1, 2, 7, 30, 200, 3000, 40_000] for x in [0.003, 0.02, 0.1, 0.3, 0.5, 0.9]]
    return {
        "n": [n for n, _ in points],
        "x": [x for _, x in points],
        "survival": [float(special.smirnov(n, x)) for n, x in points],
    }


def normal_scores():
    """Quantiles of the normal law: the samples of the published comparison of drift tools."""
    scores = lambda n: special.ndtri((np.arange(n) + 0.5) / n)
    return scores(1000), 0.1 + 1.1 * scores(800)


def main():
    comparisons = {**random_cases(), "normal_scores": normal_scores()}
    source = provenance("scipy.stats, scipy.spatial.distance.jensenshannon, numpy.quantile")
    groups = {
        name: {
            "provenance": source,
            "values": {"reference": reference.tolist(), "current": current.tolist(), **case(reference, current)},
        }
        for name, (reference, current) in comparisons.items()
    }
    large = {
        "largest_exact": (10_000, 9_000),
        "largest_equal": (10_000, 10_000),
        "coprime": (2_999, 1_000),
        "beyond_exact": (12_000, 9_000),
        "beyond_exact_by_one_side": (11_000, 60),
    }
    for name, sizes in large.items():
        groups[name] = {"provenance": source, "values": large_case(*sizes)}
    groups["kolmogorov"] = {"provenance": provenance("scipy.stats.kstwo"), "values": kolmogorov_group()}
    groups["smirnov"] = {"provenance": provenance("scipy.special.smirnov"), "values": smirnov_group()}
    with open("tests/golden/drift/drift.json", "w", encoding="utf-8") as file:
        json.dump(groups, file, indent=2, allow_nan=False)
        file.write("\n")


if __name__ == "__main__":
    main()
