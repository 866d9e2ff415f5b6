import type { Alarms } from '@tidemark/contracts';
import type { TimelineAlarm } from '@tidemark/monitoring/read';
import { refusalReasons, type TimelineDecision } from './decision-counts.js';

/** Bars on each side of an alarm over which losses are compared. */
export const ALARM_WINDOW = 63;

/** Served losses by bar; NaN where a label has not matured. */
export interface ServedLosses {
  readonly eventTimes: readonly Date[];
  readonly losses: Float64Array;
}

/**
 * Row 11: alarms by kind and monitor, and the share after which the mean served loss over the next 63 matured bars was
 * higher than over the 63 that end with the alarm's bar; the same share over all bars, to hold it against; refusals.
 */
export function alarmSummary(
  served: ServedLosses,
  alarms: readonly TimelineAlarm[],
  decisions: readonly TimelineDecision[],
): Alarms {
  const isHigherAfter = higherAfter(served.losses);
  const rowOf = new Map(served.eventTimes.map((time, row) => [time.getTime(), row]));
  const groups = new Map<string, TimelineAlarm[]>();
  for (const alarm of alarms) {
    const key = `${alarm.kind}\n${alarm.monitor}`;
    groups.set(key, [...(groups.get(key) ?? []), alarm]);
  }
  const kinds = [...groups.values()].map((group) => {
    const rows = group.map(({ openedAsOf }) => rowOf.get(openedAsOf.getTime()) ?? -1);
    return { kind: group[0]!.kind, monitor: group[0]!.monitor, alarms: group.length, ...judged(rows, isHigherAfter) };
  });
  return {
    windowBars: ALARM_WINDOW,
    kinds: kinds.sort((a, b) => b.alarms - a.alarms || (a.monitor < b.monitor ? -1 : 1)),
    anyBar: judged([...served.eventTimes.keys()], isHigherAfter),
    refusals: refusalReasons(decisions),
  };
}

function judged(
  rows: readonly number[],
  isHigherAfter: (row: number) => boolean | undefined,
): { judged: number; followedByHigherLoss: number } {
  const answers = rows.map(isHigherAfter).filter((answer) => answer !== undefined);
  return { judged: answers.length, followedByHigherLoss: answers.filter(Boolean).length };
}

/** Undefined where a bar has no full window of matured bars on a side. */
function higherAfter(losses: Float64Array): (row: number) => boolean | undefined {
  const matured = [...losses.keys()].filter((row) => !Number.isNaN(losses[row]!));
  const sums = [0];
  for (const row of matured) sums.push(sums.at(-1)! + losses[row]!);
  let count = 0;
  /** Matured bars up to and including each bar. */
  const upTo = Array.from(losses, (loss) => (count += Number.isNaN(loss) ? 0 : 1));
  return (row) => {
    const middle = upTo[row];
    if (middle === undefined || middle < ALARM_WINDOW || middle + ALARM_WINDOW > matured.length) return undefined;
    const before = sums[middle]! - sums[middle - ALARM_WINDOW]!;
    const after = sums[middle + ALARM_WINDOW]! - sums[middle]!;
    return after > before;
  };
}
