import type { Agent, Monitors } from '@tidemark/contracts';
import { lossPerRow, pairedLossTest, type LossName } from '@tidemark/native';
import { statusOf, type PerformanceEvaluation } from './evaluation.js';
import { directionFigures } from './direction-figures.js';
import { forecastOf, type MaturedBar } from './served-series.js';

export interface PerformanceRule {
  readonly task: Agent['task'];
  /** Bars that a label runs over. */
  readonly horizon: number;
  readonly monitors: Monitors;
}

/** Documented limits of the increase of the loss against the baseline, as a share: warning and critical. */
const DOCUMENTED_LOSS = [0.02, 0.05] as const;

export function performanceRule(agent: Agent, monitors: Monitors): PerformanceRule {
  const horizon = agent.label.kind === 'forward_return_sign' ? agent.label.horizon : 1;
  return { task: agent.task, horizon, monitors };
}

export function lossName(task: Agent['task']): LossName {
  return task === 'direction' ? 'log_loss' : 'qlike';
}

/** Losses of the forecasts of bars; undefined when some forecast has none (not a number, or a volatility not above 0). */
export function lossesOf(
  task: Agent['task'],
  bars: readonly MaturedBar[],
  forecasts: Float64Array,
): Float64Array | undefined {
  const hasLoss = (forecast: number): boolean => Number.isFinite(forecast) && (task === 'direction' || forecast > 0);
  if (!forecasts.every(hasLoss)) return undefined;
  return bars.length === 0 ? forecasts : lossPerRow(lossName(task), forecasts, truthsOf(bars));
}

export function servedForecasts(bars: readonly MaturedBar[]): Float64Array {
  return Float64Array.from(bars, forecastOf);
}

/**
 * Is what serves worse than the naive baseline on the bars it predicted itself? `bars`: its newest matured ones, with the
 * baseline's forecasts. The value is the mean loss minus the baseline's, the limit the HAC band of a one-sided test. While
 * the baseline serves there is nothing to compare.
 */
export function judgeLoss(
  rule: PerformanceRule,
  bars: readonly MaturedBar[],
  isBaseline: boolean,
): PerformanceEvaluation {
  const { task, monitors } = rule;
  const base = { monitor: 'loss', subject: lossName(task), bars: bars.length } as const;
  const served = lossesOf(task, bars, servedForecasts(bars));
  if (served === undefined) return invalidForecasts(base);
  const figures = { ...directionFigures(task, bars), ...mean('meanLoss', served) };
  if (isBaseline) return { ...base, status: 'degenerate', details: { ...figures, reason: 'the baseline serves' } };
  const baseline = lossesOf(
    task,
    bars,
    Float64Array.from(bars, (bar) => bar.baseline ?? Number.NaN),
  );
  if (baseline === undefined)
    return { ...base, status: 'insufficient', details: { ...figures, reason: 'no baseline' } };
  const details = { ...figures, ...mean('baselineLoss', baseline) };
  const test = compare(rule, baseline, served);
  if (test.status !== 'ok') return { ...base, status: test.status, value: test.value, details };
  if (monitors.preset === 'documented') return { ...base, ...documentedLoss(served, baseline), details };
  const { value, limit } = test;
  const ratio = value / limit;
  return { ...base, status: statusOf(ratio), value, limit, ratio, details: { ...details, ...test.details } };
}

type Base = Pick<PerformanceEvaluation, 'monitor' | 'subject' | 'bars'>;

/** Answers without a loss are worse than any loss. */
function invalidForecasts(base: Base): PerformanceEvaluation {
  return {
    ...base,
    status: 'critical',
    ratio: Number.POSITIVE_INFINITY,
    details: { reason: 'some forecasts have no loss' },
  };
}

type Comparison =
  | { readonly status: 'insufficient' | 'degenerate'; readonly value?: number }
  | {
      readonly status: 'ok';
      readonly value: number;
      readonly limit: number;
      readonly details: Readonly<Record<string, unknown>>;
    };

/** One-sided: is the mean of `served` above that of `baseline`? */
function compare({ horizon, monitors }: PerformanceRule, baseline: Float64Array, served: Float64Array): Comparison {
  const { alpha, minBars } = monitors.loss;
  return bandOf(baseline, served, horizon, alpha, minBars);
}

function bandOf(
  lower: Float64Array,
  upper: Float64Array,
  horizon: number,
  alpha: number,
  minPairs: number,
): Comparison {
  const test = pairedLossTest(lower, upper, { horizon, alpha, minPairs });
  const { meanDifference, standardError, criticalValue, effectiveN } = test;
  const value = meanDifference === undefined ? undefined : 0 - meanDifference;
  if (test.status !== 'ok') return { status: test.status, value };
  const details = { standardError, t: value! / standardError!, criticalValue, effectiveN, alpha };
  return { status: 'ok', value: value!, limit: criticalValue! * standardError!, details };
}

function documentedLoss(
  served: Float64Array,
  baseline: Float64Array,
): Pick<PerformanceEvaluation, 'status' | 'value' | 'limit' | 'ratio'> {
  const before = meanOf(baseline);
  const value = (meanOf(served) - before) / Math.abs(before);
  const [limit, critical] = DOCUMENTED_LOSS;
  const ratio = value / limit;
  return { status: statusOf(ratio, critical / limit), value, limit, ratio };
}

/**
 * Do forecasts and outcomes of what serves agree on average? Direction: mean of outcome − forecast; volatility: mean of
 * r²/σ² − 1. The limit is the HAC band, `alpha` the level of either side.
 */
export function judgeCalibration(rule: PerformanceRule, bars: readonly MaturedBar[]): PerformanceEvaluation {
  const { task, horizon, monitors } = rule;
  const { alpha, minBars } = monitors.calibration;
  const base = { monitor: 'calibration', subject: 'mean', bars: bars.length } as const;
  const [expected, observed] = calibrationPairs(task, bars);
  if (!observed.every(Number.isFinite) || !expected.every(Number.isFinite)) return invalidForecasts(base);
  const band = bandOf(expected, observed, horizon, alpha, minBars);
  if (band.status !== 'ok') return { ...base, status: band.status, value: band.value, details: {} };
  const { value, limit, details } = band;
  const ratio = Math.abs(value) / limit;
  return { ...base, status: statusOf(ratio), value, limit, ratio, details };
}

function calibrationPairs(task: Agent['task'], bars: readonly MaturedBar[]): [Float64Array, Float64Array] {
  const forecasts = servedForecasts(bars);
  if (task === 'direction') return [forecasts, truthsOf(bars)];
  return [
    new Float64Array(bars.length).fill(1),
    Float64Array.from(bars, (bar, row) => bar.truth / forecasts[row]! ** 2),
  ];
}

export function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function truthsOf(bars: readonly MaturedBar[]): Float64Array {
  return Float64Array.from(bars, ({ truth }) => truth);
}

function mean(name: string, values: Float64Array): Record<string, number> {
  return values.length === 0 ? {} : { [name]: meanOf(values) };
}
