import type { SeriesSnapshot } from '../series-snapshot.js';
import type { Freshness } from '../freshness.js';

export { BAR_WIDTH, snapshotHash, type SeriesSnapshot } from '../series-snapshot.js';

/** Bars for other features: a whole series as known at an instant (default now), never modified by the caller. */
export interface BarReader {
  series(series: string, asOf?: Date): Promise<SeriesSnapshot>;
  /** With everything committed before the call, for jobs that follow an ingest. @throws DATABASE_UNAVAILABLE */
  fresh(series: string, asOf?: Date): Promise<SeriesSnapshot>;
}

export const BAR_READER = Symbol('BAR_READER');

export type { Freshness } from '../freshness.js';

/** How old an agent's data is at an instant, and whether its calendar says that a bar is missing. */
export interface FreshnessReader {
  at(agent: string, snapshot: SeriesSnapshot, at: Date): Freshness | undefined;
}

export const FRESHNESS_READER = Symbol('FRESHNESS_READER');

/** Channel that tells of new bars; payload is the series. */
export const BARS_CHANNEL = 'tidemark_bars';
