import type { SeriesSnapshot } from '../series-snapshot.js';
import type { Bar } from '../bar.js';
import type { Freshness } from '../freshness.js';

export { BAR_WIDTH, snapshotHash, type SeriesSnapshot } from '../series-snapshot.js';

/** Bars for other features: a whole series as known at an instant (default now), never modified by the caller. */
export interface BarReader {
  series(series: string, asOf?: Date): Promise<SeriesSnapshot>;
  /** With everything committed before the call, for jobs that follow an ingest. @throws DATABASE_UNAVAILABLE */
  fresh(series: string, asOf?: Date): Promise<SeriesSnapshot>;
}

export const BAR_READER = Symbol('BAR_READER');

export type { Bar } from '../bar.js';

/** Takes whole histories in, such as simulated ones. */
export interface HistoryWriter {
  /** Every bar counts as known `knownAfterHours` after its time. Repeating it changes nothing. */
  store(
    series: string,
    bars: readonly Bar[],
    options: { readonly source: string; readonly knownAfterHours: number },
  ): Promise<unknown>;
}

export const HISTORY_WRITER = Symbol('HISTORY_WRITER');

export type { Freshness } from '../freshness.js';

/** How old an agent's data is at an instant, and whether its calendar says that a bar is missing. */
export interface FreshnessReader {
  at(agent: string, snapshot: SeriesSnapshot, at: Date): Freshness | undefined;
}

export const FRESHNESS_READER = Symbol('FRESHNESS_READER');

/** A stored row that is not what came in. */
export interface BarDamage {
  readonly eventTime: Date;
  readonly knownAt: Date;
  /** A price, or `known_at`. */
  readonly column: string;
  readonly logged: number | string | null;
  readonly stored: number | string;
}

/** A row that replaced another of the same event time with its own known-at. */
export interface BarChange {
  readonly eventTime: Date;
  readonly knownAt: Date;
  readonly changes: Readonly<Record<string, { readonly before: number; readonly after: number }>>;
}

/** All rows of a series as they are in the database at this moment. */
export interface SeriesArchive {
  readonly count: number;
  /** In order of event time. */
  readonly damages: readonly BarDamage[];
  /** In order of known-at. */
  readonly restated: readonly BarChange[];
  /** By known-at. */
  asOf(at: Date): SeriesSnapshot;
  /** The same without rows that came in after a row which became known later than `at`. */
  arrivedBy(at: Date): SeriesSnapshot;
}

/** Raw bars, read anew at each call, for whoever checks the others. */
export interface BarArchive {
  read(series: string): Promise<SeriesArchive>;
}

export const BAR_ARCHIVE = Symbol('BAR_ARCHIVE');

/** Channel that tells of new bars; payload is the series. */
export const BARS_CHANNEL = 'tidemark_bars';
