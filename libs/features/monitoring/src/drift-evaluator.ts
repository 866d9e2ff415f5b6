import type { DriftConvention, DriftMonitor, Monitors } from '@tidemark/contracts';
import type { ScoreInContext } from './drift-history.js';
import { ratioOf, statusOf, type DriftEvaluation } from './evaluation.js';

export type DriftMonitorName = 'features' | 'predictions';

export interface DriftRule {
  readonly monitor: DriftMonitorName;
  readonly preset: Monitors['preset'];
  readonly spec: DriftMonitor;
}

/** Fixed limits of the documentation: warning and critical. Statistics that have none keep the measured limit. */
const DOCUMENTED: Readonly<
  Record<DriftMonitorName, Partial<Record<DriftConvention, readonly [warning: number, critical: number]>>>
> = {
  features: { 'psi/quantile-ref': [0.1, 0.25], 'kl/quantile-ref': [0.05, 0.1] },
  predictions: { 'w1/iqr': [0.1, 0.15] },
};

interface Limit {
  readonly limit: number;
  /** Multiple of the limit from which on it is critical. */
  readonly criticalRatio?: number;
}

/**
 * Drift of one subject at one row. `scores` has one entry for each of {@link statisticsOf}, undefined before the first pair
 * of windows. Only the statistic named by `alarmOn` decides the status; the others are kept beside it.
 */
export function judgeDrift(
  rule: DriftRule,
  subject: string,
  scores: readonly ScoreInContext[] | undefined,
  referenceEnd: Date | undefined,
): DriftEvaluation {
  const { alarmOn, windowBars, referenceBars } = rule.spec;
  const statistics = statisticsOf(rule.spec);
  const named = new Map<DriftConvention, ScoreInContext>(scores?.map((score, index) => [statistics[index]!, score]));
  const judged = [...named].map(([name, score]) => [name, figures(rule, name, score)] as const);
  return {
    monitor: rule.monitor,
    subject,
    statistic: alarmOn,
    windowBars,
    referenceBars,
    referenceEnd,
    pairs: named.get(alarmOn)?.past.length ?? 0,
    ...verdict(rule, named.get(alarmOn)),
    details: { statistics: Object.fromEntries(judged) },
  };
}

/** The statistics that are computed, in order: those listed, and the one that decides. */
export function statisticsOf({ statistics, alarmOn }: DriftMonitor): DriftConvention[] {
  return statistics.includes(alarmOn) ? statistics : [...statistics, alarmOn];
}

type Verdict = Pick<DriftEvaluation, 'status' | 'value' | 'limit' | 'ratio'>;

function verdict(rule: DriftRule, score: ScoreInContext | undefined): Verdict {
  if (score === undefined) return { status: 'insufficient' };
  const { value } = score;
  if (value === undefined) return { status: 'degenerate' };
  const known = limitOf(rule, rule.spec.alarmOn, score.past);
  if (known === undefined) return { status: 'insufficient', value };
  const ratio = ratioOf(value, known.limit);
  return { status: statusOf(ratio, known.criticalRatio), value, limit: known.limit, ratio };
}

function figures(rule: DriftRule, name: DriftConvention, { value, past }: ScoreInContext): Record<string, number> {
  const limit = limitOf(rule, name, past)?.limit;
  return { ...(value === undefined ? {} : { value }), ...(limit === undefined ? {} : { limit }) };
}

function limitOf(
  { monitor, preset, spec }: DriftRule,
  name: DriftConvention,
  past: readonly number[],
): Limit | undefined {
  const fixed = preset === 'documented' ? DOCUMENTED[monitor][name] : undefined;
  if (fixed !== undefined) return { limit: fixed[0], criticalRatio: fixed[1] / fixed[0] };
  return past.length < spec.minPairs ? undefined : { limit: quantile(past, spec.limitQuantile) };
}

/** Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  return below + (place - Math.floor(place)) * (sorted[Math.ceil(place)]! - below);
}
