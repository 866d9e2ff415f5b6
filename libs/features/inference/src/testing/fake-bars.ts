import { currentWorld, operationalError } from '@tidemark/kernel';
import type { BarReader, FreshnessReader, SeriesSnapshot } from '@tidemark/market-data/read';
import { packBars, type TestBar } from '@tidemark/testing';

const DAY_MS = 86_400_000;

/** Daily bars in memory, each known a day after its event time; outside of a world all of them are known. */
export class FakeBars implements BarReader {
  isAway = false;

  constructor(private readonly bars: readonly TestBar[]) {}

  async series(series: string, asOf?: Date): Promise<SeriesSnapshot> {
    if (this.isAway) throw operationalError('DATABASE_UNAVAILABLE', 'the test has taken it away');
    return snapshotOf(series, this.bars, asOf ?? currentWorld()?.clock.now());
  }

  async fresh(series: string, asOf?: Date): Promise<SeriesSnapshot> {
    return this.series(series, asOf);
  }
}

export function snapshotOf(series: string, bars: readonly TestBar[], asOf?: Date): SeriesSnapshot {
  const limit = asOf?.getTime() ?? Number.POSITIVE_INFINITY;
  const known = bars.filter(({ eventTime }) => eventTime.getTime() + DAY_MS <= limit);
  const knownAt = Float64Array.from(known, ({ eventTime }) => eventTime.getTime() + DAY_MS);
  const last = known.at(-1)?.eventTime;
  const lastKnownAt = last === undefined ? undefined : new Date(last.getTime() + DAY_MS);
  return {
    series,
    rows: known.length,
    bars: packBars(known),
    knownAt,
    firstKnownAt: knownAt,
    lastEventTime: last,
    lastKnownAt,
  };
}

/** Age in whole seconds; stale after four days. */
export const fakeFreshness: FreshnessReader = {
  at: (_agent, { lastEventTime }, at) => {
    if (lastEventTime === undefined) return undefined;
    const age = at.getTime() - lastEventTime.getTime();
    return { dataAgeSeconds: Math.round(age / 1_000), stale: age > 4 * DAY_MS, historical: false };
  },
};
