"""Rows 1 to 6, 11 and 12 of the result table, from bars, logged answers and dates of decisions (docs/honesty.md).

Used by replay.py.
"""

import re

import numpy as np
from replay_bars import CLOSE, HORIZON, LOG_RETURN
from replay_tests import band, hac_error
from scipy import stats

ERAS = [("2004–06", 2004, 2006), ("2007–09", 2007, 2009)]
WINDOW, JUDGED = 250, 63
POWER = 0.8


# --- trading -----------------------------------------------------------------------------------------------------


def daily_returns(signals, rows, lag, position):
    """Net and gross returns and changes of position, bar by bar; the span is entered without one."""
    smoothing, cost = position["smoothing"], position["costBps"] * 1e-4
    decided = [sum(signals[max(0, i - smoothing + 1) : i + 1]) / smoothing for i in range(len(signals))]
    held, gross, turns = 0.0, [], []
    for i in range(lag + 1, len(signals)):
        weight = decided[i - lag - 1]
        gross.append(weight * (CLOSE[rows[i]] / CLOSE[rows[i] - 1] - 1))
        turns.append(abs(weight - held))
        held = weight
    gross, turns = np.array(gross), np.array(turns)
    return gross - cost * turns, gross, turns


def sharpe(returns, year):
    return float(returns.mean() / returns.std(ddof=1) * np.sqrt(year))


def influence(returns):
    """Of the Sharpe ratio a bar (Lo, 2002): its mean over the bars is the error of the ratio."""
    z = (returns - returns.mean()) / returns.std()
    return z - returns.mean() / returns.std() / 2 * (z**2 - 1)


def trading(signals, rows, position):
    net, gross, turns = daily_returns(signals, rows, 1, position)
    curve = np.concatenate([[1.0], np.cumprod(1 + net)])
    year = position["barsPerYear"]
    figures = {
        "netSharpe": sharpe(net, year),
        "netSharpeSe": hac_error(influence(net), 1) * float(np.sqrt(year)),
        "turnoverPerYear": float(turns.sum() / len(net) * year),
        "maxDrawdown": float((curve / np.maximum.accumulate(curve) - 1).min()),
        "breakEvenBps": float(1e4 * gross.sum() / turns.sum()),
    }
    return figures, net


def against_hold(net, hold, year):
    difference = sharpe(net, year) - sharpe(hold, year)
    found = {"sharpeDifference": difference}
    differences = influence(net) - influence(hold)
    if np.any(differences != 0) and len(net) >= WINDOW:
        found["sharpeDifferenceSe"] = hac_error(differences, 1) * float(np.sqrt(year))
    return found


# --- rows --------------------------------------------------------------------------------------------------------


class Table:
    """`answers`: outputs by timeline on the rows of the span; `losses` and `baseline`: functions of outputs."""

    def __init__(self, agent, rows, dates, truth, answers, naive):
        self.agent, self.rows, self.dates, self.truth = agent, np.array(rows), dates, truth
        self.answers, self.naive = answers, naive
        self.is_direction = agent["task"] == "direction"
        self.horizon = HORIZON if self.is_direction else 1
        self.matured = int((~np.isnan(truth)).sum())

    def losses(self, outputs):
        """Of the matured bars."""
        y, first = self.truth[: self.matured], outputs[: self.matured, 0]
        if self.is_direction:
            return -np.where(y == 1, np.log(first), np.log1p(-first))
        return np.log(first**2) + y / first**2

    def row(self, outputs, part=slice(None)):
        """Figures of the bars of a part of the span; trading begins in it without a position."""
        matured = np.arange(len(self.rows))[part]
        matured = matured[matured < self.matured]
        losses, naive = self.losses(outputs)[matured], self.losses(self.naive)[matured]
        found = {"bars": len(matured), "loss": float(losses.mean())}
        if outputs is not self.naive:
            found |= self.difference(losses - naive)
        if not self.is_direction:
            return found | self.coverage(outputs, matured)
        signals = self.signals(outputs)
        figures, net = trading(signals[part], self.rows[part], self.agent["position"])
        _, hold = trading(np.ones(len(signals))[part], self.rows[part], self.agent["position"])
        hits = (outputs[matured, 0] > 0.5) == (self.truth[matured] == 1)
        year = self.agent["position"]["barsPerYear"]
        found |= {"hitRate": float(hits.mean()), "baseRate": float(self.truth[matured].mean())}
        return found | figures | against_hold(net, hold, year)

    def signals(self, outputs):
        return (outputs[:, 0] > 0.5).astype(float)

    def hold(self):
        figures, _ = trading(np.ones(len(self.rows)), self.rows, self.agent["position"])
        rises = float(self.truth[: self.matured].mean())
        return {"bars": self.matured, "hitRate": rises, "baseRate": rises, **figures}

    def difference(self, values):
        """Two-sided 5 %; without a test where there are fewer than 250 bars, or no difference at all."""
        found = {"deltaLoss": float(values.mean())}
        if len(values) >= WINDOW and np.abs(values).max() > 1e-9:
            test = band(values, 0.025, self.horizon)
            found["deltaT"], found["deltaCritical"] = test["t"], test["criticalValue"]
            found["smallestDetectable"] = (test["criticalValue"] + stats.norm.ppf(POWER)) * test["standardError"]
        return found

    def coverage(self, outputs, followed):
        """Of the bars of a part whose next bar is known."""
        broken = (LOG_RETURN[self.rows[followed] + 1] < -outputs[followed, 1]).astype(int)
        n, count = len(broken), int(broken.sum())
        interval = stats.binomtest(count, n, 0.01).proportion_ci(0.95, "exact")
        found = {
            "breaches": count,
            "expectedBreaches": n * 0.01,
            "breachRateLow": float(interval.low),
            "breachRateHigh": float(interval.high),
            "christoffersenP": conditional_coverage(broken),
        }
        if n >= WINDOW:
            found["worstWindowBreaches"] = int(np.convolve(broken, np.ones(WINDOW, int), "valid").max())
        return found

    def eras(self):
        years = np.array([int(date[:4]) for date in self.dates])
        parts = [(name, np.flatnonzero((years >= first) & (years <= last))) for name, first, last in ERAS]
        return [(name, slice(part[0], part[-1] + 1)) for name, part in parts if len(part) > 0]

    def comparison(self, of, against):
        return self.difference(self.losses(self.answers[of]) - self.losses(self.answers[against]))

    # --- row 11 --------------------------------------------------------------------------------------------------

    def higher_after(self):
        """By matured bar: whether the 63 losses after it are higher than the 63 that end with it; -1 without both."""
        losses = self.losses(self.answers["policy"])
        found = np.full(len(self.rows), -1)
        for i in range(JUDGED - 1, self.matured - JUDGED):
            found[i] = losses[i + 1 : i + 1 + JUDGED].mean() > losses[i - JUDGED + 1 : i + 1].mean()
        return found

    def alarms(self, alerts):
        higher = self.higher_after()
        kinds = {}
        for monitor, opened in alerts:
            kind = kinds.setdefault(monitor, {"alarms": 0, "judged": 0, "followedByHigherLoss": 0})
            judged = higher[self.dates.index(opened)]
            kind["alarms"] += 1
            kind["judged"] += int(judged >= 0)
            kind["followedByHigherLoss"] += int(judged == 1)
        any_bar = {"judged": int((higher >= 0).sum()), "followedByHigherLoss": int((higher == 1).sum())}
        return {"kinds": dict(sorted(kinds.items())), "anyBar": any_bar}

    # --- row 12 --------------------------------------------------------------------------------------------------

    def tellings(self):
        if not self.is_direction:
            return []
        position, year = self.agent["position"], self.agent["position"]["barsPerYear"]
        signals = self.signals(self.answers["policy"])
        entry = self.rows[: self.matured] + 1
        overlapping = signals[: self.matured] * (CLOSE[entry + HORIZON] / CLOSE[entry] - 1)
        free = {**position, "costBps": 0}
        stories = [
            daily_returns(signals, self.rows, 0, free)[0],
            daily_returns(signals, self.rows, 1, position)[0],
            daily_returns(self.signals(self.naive), self.rows, 1, position)[0],
        ]
        annual = float(np.sqrt(year))
        told = [
            {"sharpe": sharpe(each, year), "standardError": hac_error(influence(each), 1) * annual} for each in stories
        ]
        return [{"sharpe": sharpe(overlapping, year)}, *told]


def conditional_coverage(broken):
    """Christoffersen (1998): coverage on all bars and independence on their transitions; chi-squared of two."""

    def log_likelihood(values, p):
        return float(stats.bernoulli.logpmf(values, p).sum()) if len(values) else 0.0

    before, after = broken[:-1], broken[1:]
    uncovered = log_likelihood(broken, broken.mean()) - log_likelihood(broken, 0.01)
    parts = [after[before == state] for state in (0, 1)]
    chained = sum(log_likelihood(part, part.mean()) for part in parts if len(part))
    return float(stats.chi2.sf(2 * (uncovered + chained - log_likelihood(after, after.mean())), 2))


def counts(decisions, dates=None):
    """Trainings asked for and what became of them, of decisions made on some bars."""
    actions = [each["action"] for each in decisions if dates is None or each["as_of"][:10] in dates]
    names = {"fits": "retrain", "promotions": "promote", "refusals": "refuse", "rollbacks": "rollback"}
    return {name: actions.count(action) for name, action in names.items()}


def refusals(decisions):
    """By the words of the reason, up to its figures."""
    words = [re.split(r"[:(]", each["reason"])[0].strip() for each in decisions if each["action"] == "refuse"]
    return {each: words.count(each) for each in sorted(set(words))}
