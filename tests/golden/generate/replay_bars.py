"""What the shipped bars alone give: labels, features, and the answers of the two naive baselines. Used by replay.py."""

import numpy as np
import pandas as pd
from indicators import LOOKBACK, features

DATA = "node_modules/vega-datasets/data/sp500-2000.csv"
HORIZON, LAG = 5, 1
DECAY, WINDOW, BURN_IN, RESIDUALS = 0.94, 1260, 260, 1000

FILE = pd.read_csv(DATA)
CLOSE = FILE["close"].to_numpy(float)
DATES = FILE["date"].to_list()
ROW_OF = {date: row for row, date in enumerate(DATES)}
LOG_RETURN = np.concatenate([[np.nan], np.diff(np.log(CLOSE))])


def rises():
    """1 where the close rises from bar t+1 to bar t+6; NaN where the file ends before."""
    entry, end = CLOSE[LAG : len(CLOSE) - HORIZON], CLOSE[LAG + HORIZON :]
    return np.concatenate([(end > entry).astype(float), np.full(LAG + HORIZON, np.nan)])


def next_squares():
    return np.concatenate([LOG_RETURN[1:] ** 2, [np.nan]])


def feature_table(last):
    """The twelve features of every bar up to `last`; NaN before there are 260 bars."""
    rows = {t: features(t) for t in range(LOOKBACK - 1, last + 1)}
    names = [name for name in next(iter(rows.values())) if name not in OTHER_COLUMNS]
    return {name: np.array([rows[t][name] if t in rows else np.nan for t in range(last + 1)]) for name in names}


OTHER_COLUMNS = {"return", "parkinson_1", "parkinson_5", "parkinson_22"}


def base_rate(t):
    """Share of rises among the labels known at bar t: those of bars up to t-6."""
    return float(np.clip(rises()[: t - LAG - HORIZON + 1].mean(), 0.01, 0.99))


def ewma(t):
    """Volatility of bar t+1 and the loss it exceeds on one day in a hundred, from the last 1,260 returns."""
    returns = LOG_RETURN[t - WINDOW + 1 : t + 1]
    variances = np.empty(WINDOW + 1)
    variances[0] = returns[0] ** 2
    for i, value in enumerate(returns):
        variances[i + 1] = DECAY * variances[i] + (1 - DECAY) * value**2
    residuals = returns[BURN_IN:] / np.sqrt(variances[BURN_IN:-1])
    volatility = float(np.sqrt(variances[-1]))
    return volatility, max(0.0, -volatility * float(np.quantile(residuals, 0.01)))
