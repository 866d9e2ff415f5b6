import type { Monitors } from '@tidemark/contracts';
import { ratioOf, type DriftEvaluation } from './evaluation.js';

const DAY_MS = 86_400_000;

/** Facts about the newest bar, the stored ones free of when they were looked at. */
export interface AgeFacts {
  /** Days from the bar before; undefined at the first. */
  readonly gapDays: number | undefined;
  /** The calendar expected a bar between the two; without one, more than four days passed. */
  readonly isGap: boolean;
  /** A bar is missing now. */
  readonly isStale: boolean;
}

const noWindows = { pairs: 0, windowBars: 1, referenceBars: 0 } as const;

/** Informational: bars missing before the newest one, or now. */
export function judgeDataAge({ gapDays, isGap, isStale }: AgeFacts): DriftEvaluation {
  const isLate = isGap || isStale;
  return {
    ...noWindows,
    monitor: 'data_age',
    subject: 'bars',
    statistic: 'gap_days',
    status: isLate ? 'warning' : 'ok',
    value: gapDays,
    ratio: isLate ? Number.POSITIVE_INFINITY : 0,
    details: isLate ? { gap: isGap, stale: isStale } : {},
  };
}

/** What callers were answered about one bar, beside what the loop logged about it with the same version. */
export interface CallerAnswers {
  readonly compared: number;
  /** Of them, those whose inputs or outputs are not the loop's to the bit. */
  readonly differing: number;
  /** The series was restated after the loop had answered: callers may rightly have seen something else. */
  readonly isRestated: boolean;
}

/** Callers who were served other inputs than the loop, or another answer to the same: serving and watching differ. */
export function judgeSkew({ compared, differing, isRestated }: CallerAnswers): DriftEvaluation {
  const base = { ...noWindows, monitor: 'skew', subject: 'inputs', statistic: 'share_differing', limit: 0 } as const;
  const details = { compared, differing };
  if (isRestated) return { ...base, status: 'insufficient', ratio: 0, details: { ...details, reason: 'restated' } };
  const value = differing / compared;
  if (differing === 0) return { ...base, status: 'ok', value, ratio: 0, details };
  return { ...base, status: 'critical', value, ratio: Number.POSITIVE_INFINITY, details };
}

/**
 * Predictions of callers in the last complete session against the median of the sessions before. `counts`: oldest first,
 * the last one to judge. Insufficient until `sessions` are there to compare with, and while callers usually ask for none.
 */
export function judgeVolume({ sessions, drop }: Monitors['volume'], counts: readonly number[]): DriftEvaluation {
  const base = {
    monitor: 'volume',
    subject: 'predictions',
    statistic: 'per_session',
    pairs: Math.max(0, counts.length - 1),
    windowBars: 1,
    referenceBars: sessions,
    details: {},
  } as const;
  const value = counts.at(-1);
  const before = counts.slice(-1 - sessions, -1);
  const usual = median(before);
  if (value === undefined || before.length < sessions || usual === 0) return { ...base, status: 'insufficient', value };
  const limit = (1 - drop) * usual;
  const ratio = ratioOf(limit, value);
  return { ...base, status: ratio > 1 ? 'warning' : 'ok', value, limit, ratio, details: { median: usual } };
}

/** Days between two event times, epoch ms. */
export function daysBetween(from: number, to: number): number {
  return (to - from) / DAY_MS;
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
