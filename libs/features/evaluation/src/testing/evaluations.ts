import type { ResultTable } from '@tidemark/contracts';
import type { Evaluation } from '../evaluation.service.js';
import { directionTable } from './tables.js';

const DAY_MS = 86_400_000;
const BARS = 4_000;

/** An evaluation with everything that a report draws, for a table as a replay leaves it. */
export function evaluationOf(table: ResultTable = directionTable()): Evaluation {
  const start = Date.parse(table.span.from);
  const eventTimes = Array.from({ length: BARS }, (_, row) => new Date(start + row * DAY_MS * 1.48));
  const wave = (row: number, pace: number): number => Math.sin(row / pace) + 0.6 * Math.sin(row / 7 + pace);
  const series = (scale: number, drift: number, pace: number): Float64Array =>
    Float64Array.from({ length: BARS - 2 }, (_, row) => drift + scale * wave(row, pace));
  const isDirection = table.task === 'direction';
  const decisionAt = (row: number): { slotAt: Date; asOf: Date } => ({
    slotAt: new Date(eventTimes[row]!.getTime() + 26 * 3_600_000),
    asOf: eventTimes[row]!,
  });
  return {
    table,
    eventTimes,
    returns: isDirection
      ? [
          { kind: 'policy', name: 'the policy: default', firstRow: 2, values: series(0.004, 0.0003, 31) },
          { kind: 'hold', name: 'hold the index', firstRow: 2, values: series(0.006, 0.0003, 37) },
          { kind: 'baseline', name: 'naive baseline', firstRow: 2, values: series(0.005, 0.0002, 41) },
        ]
      : [],
    lossDifferences: (['once', 'always', 'gated', 'policy'] as const).map((kind, index) => ({
      kind,
      name: kind,
      firstRow: 0,
      values: Float64Array.from(eventTimes, (_, row) =>
        row > BARS - 7 ? Number.NaN : 0.002 * (1 - index) + 0.02 * wave(row, 23 + index),
      ),
    })),
    decisions: [
      { action: 'retrain', ...decisionAt(63), reason: 'calendar: 63 bars since the last fit', mode: 'new_recipe' },
      { action: 'refuse', ...decisionAt(63), reason: 'not shown to be better than the incumbent: Δloss 0.004' },
      { action: 'promote', ...decisionAt(1400), reason: 'better than the incumbent', version: '1.0.0' },
      { action: 'rollback', ...decisionAt(1800), reason: 'loss alarm', version: '0.1.0' },
    ],
    alarms: [
      {
        kind: 'DRIFT',
        severity: 'medium',
        monitor: 'features',
        subject: 'parkinson_20',
        openedAsOf: eventTimes[900]!,
        resolvedAsOf: eventTimes[1000]!,
        message: 'psi 2.1 above its limit 1.4',
      },
      {
        kind: 'PERFORMANCE',
        severity: 'high',
        monitor: 'loss',
        subject: 'model',
        openedAsOf: eventTimes[1790]!,
        message: 'loss higher than the baseline’s by <0.03> & beyond its band',
      },
    ],
    drift: ['ret_1', 'parkinson_20'].flatMap((subject, index) =>
      eventTimes.slice(500).map((asOf, row) => ({
        monitor: 'features',
        subject,
        asOf,
        ratio: Math.max(0, 0.6 + 0.4 * wave(row, 90 + index * 40)),
      })),
    ),
  };
}
