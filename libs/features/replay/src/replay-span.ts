import type { Agent } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { firstSlotFrom } from '@tidemark/loop/read';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { barsBeforeReplay, firstReplayRow } from '@tidemark/training/read';

const DAY_MS = 86_400_000;

/** The bars that a replay sees as new, and the simulated time it runs through. */
export interface ReplaySpan {
  /** Event time of the last bar of the warm-up. */
  readonly warmUp: Date;
  /** Event times of the first and the last bar. */
  readonly first: Date;
  readonly last: Date;
  /** When the first bar becomes known: the replay begins. */
  readonly begin: Date;
  /** When the last bar is observed and decided about: the replay ends. */
  readonly until: Date;
  /** When the bars become known, in order of event time, epoch ms. */
  readonly knownAt: readonly number[];
}

export interface SpanQuestion {
  readonly agent: Agent;
  readonly snapshot: SeriesSnapshot;
  /** Dates; default those of the agent's file, else the first bar with enough before it, and the last. */
  readonly from?: string;
  readonly to?: string;
  /** A replay never runs into the future. */
  readonly now: Date;
}

/** @throws REPLAY_TOO_EARLY, REPLAY_EMPTY */
export function replaySpan({ agent, snapshot, now, ...asked }: SpanQuestion): ReplaySpan {
  const { schedule, replay } = agent;
  const { from = replay.from, to = replay.to } = asked;
  const end = to === undefined ? Number.POSITIVE_INFINITY : new Date(`${to}T00:00:00Z`).getTime() + DAY_MS;
  const time = (row: number): number => snapshot.bars[row * BAR_WIDTH]!;
  const first = firstReplayRow(agent, snapshot, from);
  let last = snapshot.rows - 1;
  while (last >= first && time(last) >= end) last -= 1;
  if (first > last) throw empty(agent, snapshot, from, to);
  const knownAt = rising(snapshot.firstKnownAt.slice(first, last + 1));
  const lastKnown = new Date(knownAt.at(-1)!);
  const observed = firstSlotFrom(schedule, 'drift', lastKnown) ?? lastKnown;
  const decided = firstSlotFrom(schedule, 'retrain', observed) ?? observed;
  return {
    warmUp: new Date(time(first - 1)),
    first: new Date(time(first)),
    last: new Date(time(last)),
    begin: new Date(knownAt[0]!),
    until: decided < now ? decided : now,
    knownAt,
  };
}

/** A bar that became known before an older one is seen after it. */
function rising(values: Float64Array): number[] {
  let latest = Number.NEGATIVE_INFINITY;
  return Array.from(values, (value) => (latest = Math.max(latest, value)));
}

function empty(agent: Agent, { series, rows }: SeriesSnapshot, from?: string, to?: string): Error {
  const needed = barsBeforeReplay(agent);
  const span = `${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`;
  return callerError(
    'REPLAY_EMPTY',
    `${series} has ${rows} bars; a replay of ${agent.agent} needs ${needed} known before its first one, to fit the baseline ${agent.baseline} on, and at least one that became known after them${span}.`,
    { details: { agent: agent.agent, series, rows, needed, from, to } },
  );
}
