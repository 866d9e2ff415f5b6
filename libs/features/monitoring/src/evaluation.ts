import type { AlarmFacts, MonitorStatus } from '@tidemark/contracts';

export type MonitorName = AlarmFacts['monitor'];

/** What a monitor found at one bar. Pure evaluators make it; rows, alert states and facts for decisions come from it. */
export interface Evaluation {
  readonly monitor: MonitorName;
  /** What it is about: a feature, an output, a loss. */
  readonly subject: string;
  readonly status: MonitorStatus;
  readonly value?: number;
  readonly limit?: number;
  /** How far the value lies towards its limit: above 1 is beyond it. Absent while nothing can be said. */
  readonly ratio?: number;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A row of `drift_metrics`. */
export interface DriftEvaluation extends Evaluation {
  readonly statistic: string;
  /** Past pairs of windows behind the limit. */
  readonly pairs: number;
  readonly windowBars: number;
  readonly referenceBars: number;
  readonly referenceEnd?: Date;
}

/** A row of `model_performance_history`. */
export interface PerformanceEvaluation extends Evaluation {
  readonly bars: number;
}

/** Beyond the limit by this factor a warning is critical. */
const CRITICAL_RATIO = 2;

export function statusOf(ratio: number, criticalRatio = CRITICAL_RATIO): MonitorStatus {
  if (ratio <= 1) return 'ok';
  return ratio > criticalRatio ? 'critical' : 'warning';
}

/** Differences below this share of the limit are rounding: a statistic at its largest possible value meets a limit of the same. */
const ROUNDING = 1e-9;

/** `value` over `limit`, also where the limit is 0; 1 where they are the same but for rounding. */
export function ratioOf(value: number, limit: number): number {
  if (Math.abs(value - limit) <= ROUNDING * Math.abs(limit)) return limit > 0 ? 1 : 0;
  if (limit > 0) return value / limit;
  return value > limit ? Number.POSITIVE_INFINITY : 0;
}
