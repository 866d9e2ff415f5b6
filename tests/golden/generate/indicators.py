"""Goldens of the feature columns and of sample uniqueness on the S&P 500 daily file of npm vega-datasets.

A second, array-based implementation: features are computed from a slice of the last 260 bars, uniqueness from the
full matrix of live labels. Usage, from the repository root: python3 tests/golden/generate/indicators.py
"""

import json
import platform

import numpy as np
import pandas as pd

BARS = pd.read_csv("node_modules/vega-datasets/data/sp500-2000.csv")
LOOKBACK = 260
ROWS = [259, 1000, 3000, len(BARS) - 1]


def recursive_mean(values, n, gain):
    """Mean of the first n values, then the exponential recursion; one result per value from the n-th on."""
    results = [np.mean(values[:n])]
    for value in values[n:]:
        results.append(gain * value + (1 - gain) * results[-1])
    return np.array(results)


def wilder(values, n):
    return recursive_mean(values, n, 1 / n)


def ema(values, n):
    return recursive_mean(values, n, 2 / (n + 1))


def true_ranges(high, low, close):
    previous = close[:-1]
    candidates = [high[1:] - low[1:], np.abs(high[1:] - previous), np.abs(low[1:] - previous)]
    return np.max(candidates, axis=0)


def adx(high, low, close, n):
    up, down = np.diff(high), -np.diff(low)
    plus = np.where((up > down) & (up > 0), up, 0.0)
    minus = np.where((down > up) & (down > 0), down, 0.0)
    ranges = wilder(true_ranges(high, low, close), n)
    plus, minus = wilder(plus, n) / ranges, wilder(minus, n) / ranges
    return wilder(np.abs(plus - minus) / (plus + minus), n)[-1]


def features(t):
    last = BARS.iloc[t + 1 - LOOKBACK : t + 1]
    high, low, close, volume = (last[name].to_numpy(float) for name in ("high", "low", "close", "volume"))
    log_returns = np.diff(np.log(close))
    changes = np.diff(close)
    gain, loss = wilder(np.maximum(changes, 0), 14)[-1], wilder(np.maximum(-changes, 0), 14)[-1]
    line = ema(close, 12)[14:] - ema(close, 26)
    atr = wilder(true_ranges(high, low, close), 14)[-1]
    window = close[-20:]
    parkinson = np.log(high / low) ** 2 / (4 * np.log(2))
    return {
        "ret_1": log_returns[-1],
        "ret_5": np.log(close[-1] / close[-6]),
        "ret_20": np.log(close[-1] / close[-21]),
        "rsi_14": gain / (gain + loss),
        "macd_atr": line[-1] / atr,
        "macd_hist_atr": (line[-1] - ema(line, 9)[-1]) / atr,
        "atr_close": atr / close[-1],
        "bollinger_b": (close[-1] - window.mean() + 2 * window.std()) / (4 * window.std()),
        "adx_14": adx(high, low, close, 14),
        "parkinson_20": np.sqrt(parkinson[-20:].mean()),
        "vol_ratio_5_60": log_returns[-5:].std(ddof=1) / log_returns[-60:].std(ddof=1),
        "volume_ratio_20": volume[-1] / volume[-20:].mean(),
        "return": log_returns[-1],
        "parkinson_1": parkinson[-1],
        "parkinson_5": parkinson[-5:].mean(),
        "parkinson_22": parkinson[-22:].mean(),
    }


def barrier_ends(close, barrier, horizon):
    """First bar whose close is at least `barrier` away, or the last bar of the horizon."""
    ends = []
    for t in range(len(close) - horizon):
        moves = np.abs(close[t + 1 : t + horizon + 1] / close[t] - 1)
        touched = np.nonzero(moves >= barrier)[0]
        ends.append(t + 1 + (touched[0] if len(touched) else horizon - 1))
    return ends


def uniqueness(starts, ends, bars):
    alive = np.zeros((len(starts), bars), dtype=bool)
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        alive[row, start + 1 : end + 1] = True
    counts = alive.sum(axis=0)
    shares = np.divide(1.0, counts, out=np.zeros(bars), where=counts > 0)
    return (alive * shares).sum(axis=1) / alive.sum(axis=1)


def main():
    provenance = {
        "tool": "numpy and pandas, array formulas",
        "version": f"numpy {np.__version__}, pandas {pd.__version__}, Python {platform.python_version()}",
        "precision": "f64, shortest form that reads back exactly",
        "command": "python3 tests/golden/generate/indicators.py",
    }
    rows = [features(t) for t in ROWS]
    columns = {name: [float(row[name]) for row in rows] for name in rows[0]}
    close = BARS["close"].to_numpy(float)
    ends = barrier_ends(close, 0.02, 10)
    unique = uniqueness(range(len(ends)), ends, len(close))
    fixed = [(t + 1, t + 6) for t in range(len(close) - 6)]
    fixed_unique = uniqueness([start for start, _ in fixed], [end for _, end in fixed], len(close))
    groups = {
        "features": {"provenance": provenance, "values": {"rows": ROWS, **columns}},
        "uniqueness": {
            "provenance": provenance,
            "values": {
                "barrier_labels": len(ends),
                "barrier_mean_hold": float(np.mean(np.array(ends) - np.arange(len(ends)))),
                "barrier_mean": float(unique.mean()),
                "forward_5_mean": float(fixed_unique.mean()),
                "forward_5_sum": float(fixed_unique.sum()),
            },
        },
    }
    with open("tests/golden/indicators.json", "w", encoding="utf-8") as file:
        json.dump(groups, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
