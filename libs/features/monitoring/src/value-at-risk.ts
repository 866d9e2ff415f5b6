import type { Monitors } from '@tidemark/contracts';
import { binomialTails } from '@tidemark/native';
import { statusOf, type PerformanceEvaluation } from './evaluation.js';
import type { MaturedBar } from './served-series.js';

/** Output with the value at risk, and the probability of a loss beyond it that it states. */
export const VALUE_AT_RISK_OUTPUT = 'var_99';
const BREACH_PROBABILITY = 0.01;

/**
 * Where the zones of the Basel Committee (1996) begin: so many breaches that fewer or as many had this probability. With 250
 * bars yellow begins at 5 and red at 10.
 */
const YELLOW = 0.95;
const RED = 0.9999;

/**
 * Breaches of the value at risk, whichever version served. Too many in the newest `windowBars`: Basel's zones, yellow a
 * warning, red critical. Too few in the newest `lowerWindowBars`: the exact lower tail below `alpha`, a warning. Insufficient
 * until the shorter window is full. `bars`: the newest matured ones, up to the longer window.
 */
export function judgeValueAtRisk(
  { windowBars, lowerWindowBars, alpha }: Monitors['valueAtRisk'],
  bars: readonly MaturedBar[],
): PerformanceEvaluation {
  const known = bars.filter(({ isBreach }) => isBreach !== undefined);
  const upper = known.slice(-windowBars);
  const base = { monitor: 'value_at_risk', subject: 'breaches', bars: upper.length } as const;
  if (upper.length < windowBars) return { ...base, status: 'insufficient', details: {} };
  const value = breachesIn(upper);
  const [yellow, red] = zones(windowBars);
  const limit = yellow - 1;
  const tooMany = value / limit;
  const lower = known.length < lowerWindowBars ? undefined : lowerSide(known.slice(-lowerWindowBars), alpha);
  const ratio = Math.max(tooMany, lower?.ratio ?? 0);
  const status = value >= red ? 'critical' : statusOf(ratio, Number.POSITIVE_INFINITY);
  const { atLeast } = binomialTails(value, windowBars, BREACH_PROBABILITY);
  const side = ratio > 1 ? { side: tooMany > 1 ? 'too_many' : 'too_few' } : {};
  const details = { yellow, red, expected: windowBars * BREACH_PROBABILITY, pAtLeast: atLeast, ...side };
  return { ...base, status, value, limit, ratio, details: { ...details, ...(lower && { lower: lower.details }) } };
}

interface LowerSide {
  /** alpha / p: above 1 the count is too low. */
  readonly ratio: number;
  readonly details: Readonly<Record<string, number>>;
}

function lowerSide(bars: readonly MaturedBar[], alpha: number): LowerSide {
  const breaches = breachesIn(bars);
  const { atMost } = binomialTails(breaches, bars.length, BREACH_PROBABILITY);
  return { ratio: alpha / atMost, details: { bars: bars.length, breaches, pAtMost: atMost, alpha } };
}

function breachesIn(bars: readonly MaturedBar[]): number {
  return bars.reduce((sum, { isBreach }) => sum + Number(isBreach), 0);
}

const zonesByBars = new Map<number, readonly [number, number]>();

/** Fewest breaches of the yellow and of the red zone. */
export function zones(bars: number): readonly [yellow: number, red: number] {
  const known = zonesByBars.get(bars);
  if (known !== undefined) return known;
  const firstAt = (share: number): number => {
    let count = 1;
    while (binomialTails(count, bars, BREACH_PROBABILITY).atMost < share) count += 1;
    return count;
  };
  const found = [firstAt(YELLOW), firstAt(RED)] as const;
  zonesByBars.set(bars, found);
  return found;
}
