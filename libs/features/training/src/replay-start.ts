import type { Agent } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { baselineBars } from './baseline-bars.js';

/** Bars behind the longest look-back of an input, less its own. */
const LOOK_BACK_BARS = 259;
const DAY = 'YYYY-MM-DD'.length;

/** Bars that have to be known before the first one that a replay of the agent sees as new. */
export function barsBeforeReplay(agent: Agent): number {
  return Math.max(LOOK_BACK_BARS, baselineBars(agent));
}

/**
 * Row of the first bar that a replay sees as new: the first from the day `from` on, by default the earliest before which
 * enough bars were known to fit the naive baseline on. The number of rows where there is none.
 * @throws REPLAY_TOO_EARLY where `from` is before the earliest one
 */
export function firstReplayRow(agent: Agent, snapshot: SeriesSnapshot, from?: string): number {
  const earliest = earliestRow(snapshot, barsBeforeReplay(agent));
  if (from === undefined || earliest === snapshot.rows) return earliest;
  const start = new Date(`${from}T00:00:00Z`).getTime();
  let row = 0;
  while (row < snapshot.rows && timeOf(snapshot, row) < start) row += 1;
  if (row >= earliest) return row;
  const day = new Date(timeOf(snapshot, earliest)).toISOString().slice(0, DAY);
  throw tooEarly(agent, from, day);
}

/** The first row that became known when `needed` others had been. */
function earliestRow({ firstKnownAt, rows }: SeriesSnapshot, needed: number): number {
  const before = Float64Array.from(firstKnownAt).sort()[needed - 1] ?? Number.POSITIVE_INFINITY;
  let row = Math.min(LOOK_BACK_BARS, rows);
  while (row < rows && firstKnownAt[row]! <= before) row += 1;
  return row;
}

function timeOf({ bars }: SeriesSnapshot, row: number): number {
  return bars[row * BAR_WIDTH]!;
}

function tooEarly(agent: Agent, from: string, earliest: string): Error {
  const needed = barsBeforeReplay(agent);
  const { agent: name, baseline } = agent;
  return callerError(
    'REPLAY_TOO_EARLY',
    `A replay of ${name} cannot begin on ${from}: ${needed} bars have to be known before, to fit the baseline ${baseline} on. The earliest day is ${earliest}: begin then or later, or leave \`from\` out.`,
    { details: { agent: name, from, earliest, needed } },
  );
}
