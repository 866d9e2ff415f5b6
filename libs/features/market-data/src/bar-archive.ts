import { Injectable } from '@nestjs/common';
import { samePrices, type Bar } from './bar.js';
import { BarRepository, type ArchivedBar } from './bar.repository.js';
import type { BarArchive, BarChange, BarDamage, SeriesArchive } from './read/index.js';
import { SeriesHistory, type SeriesSnapshot } from './series-snapshot.js';

const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const satisfies readonly (keyof Bar)[];

/** Reads a whole series from the database each time: what is in memory would not see a row that was changed in place. */
@Injectable()
export class DatabaseBarArchive implements BarArchive {
  constructor(private readonly repository: BarRepository) {}

  async read(series: string): Promise<SeriesArchive> {
    return new Archive(series, await this.repository.archive(series));
  }
}

class Archive implements SeriesArchive {
  readonly count: number;
  readonly damages: readonly BarDamage[];
  readonly restated: readonly BarChange[];
  private readonly history: SeriesHistory;

  constructor(
    private readonly series: string,
    private readonly rows: readonly ArchivedBar[],
  ) {
    this.history = historyOf(series, rows);
    this.count = rows.length;
    this.damages = damagesOf(rows).sort((a, b) => a.eventTime.getTime() - b.eventTime.getTime());
    this.restated = restatementsOf(rows);
  }

  asOf(at: Date): SeriesSnapshot {
    return this.history.asOf(at);
  }

  /** A row that came in after one known later than `at` cannot have been known at `at`, whatever it says. */
  arrivedBy(at: Date): SeriesSnapshot {
    const firstLater = this.rows.findIndex(({ knownAt }) => knownAt > at);
    return historyOf(this.series, firstLater < 0 ? this.rows : this.rows.slice(0, firstLater)).asOf(at);
  }
}

/** Rows in the order they came in. */
function historyOf(series: string, rows: readonly ArchivedBar[]): SeriesHistory {
  const history = new SeriesHistory(series);
  history.add(rows);
  return history;
}

function damagesOf(rows: readonly ArchivedBar[]): BarDamage[] {
  let newest = Number.NEGATIVE_INFINITY;
  return rows.flatMap((row) => {
    const isLate = row.knownAt.getTime() < newest;
    const damage = row.asIngested === 'absent' ? strangerOf(row, isLate, newest) : changeOf(row);
    newest = Math.max(newest, row.knownAt.getTime());
    return damage === undefined ? [] : [damage];
  });
}

/** A row that no ingest brought, and that claims to have been known before rows that were there already. */
function strangerOf({ eventTime, knownAt }: ArchivedBar, isLate: boolean, newest: number): BarDamage | undefined {
  if (!isLate) return undefined;
  const logged = `not before ${new Date(newest).toISOString()}`;
  return { eventTime, knownAt, column: 'known_at', logged, stored: knownAt.toISOString() };
}

function changeOf(row: ArchivedBar): BarDamage | undefined {
  const { eventTime, knownAt, asIngested } = row;
  if (asIngested === undefined || asIngested === 'absent') return undefined;
  const [knownSeconds, ...prices] = asIngested;
  const name = PRICES.find((price, index) => prices[index] !== row[price]);
  if (name !== undefined) {
    return { eventTime, knownAt, column: name, logged: prices[PRICES.indexOf(name)] ?? null, stored: row[name] };
  }
  const logged = new Date(Math.round(knownSeconds! * 1_000)).toISOString();
  return { eventTime, knownAt, column: 'known_at', logged, stored: knownAt.toISOString() };
}

function restatementsOf(rows: readonly ArchivedBar[]): BarChange[] {
  const latest = new Map<number, ArchivedBar>();
  return [...rows]
    .sort((a, b) => a.knownAt.getTime() - b.knownAt.getTime())
    .flatMap((row) => {
      const before = latest.get(row.eventTime.getTime());
      latest.set(row.eventTime.getTime(), row);
      if (before === undefined || samePrices(before, row)) return [];
      const changed = PRICES.filter((name) => before[name] !== row[name]);
      const changes = changed.map((name) => [name, { before: before[name], after: row[name] }] as const);
      return [{ eventTime: row.eventTime, knownAt: row.knownAt, changes: Object.fromEntries(changes) }];
    });
}
