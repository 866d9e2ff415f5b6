import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, execute, notify, selectRows } from '@tidemark/database';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Bar, StoredBar } from './bar.js';
import { BARS_CHANNEL } from './read/index.js';

interface BarRow {
  event_time: Date;
  known_at: Date;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  row_id: string;
}

export interface NumberedBar extends StoredBar {
  /** Rises with every insert; inserts of one series are serialised, so it is a safe watermark. */
  readonly rowId: number;
}

/** A bar with what is known of its arrival. */
export interface ArchivedBar extends NumberedBar {
  /**
   * What it was when it came in, where it differs from what it is now: known-at in epoch seconds, open, high, low, close,
   * volume. `absent`: it did not come in by an ingest.
   */
  readonly asIngested?: readonly number[] | 'absent';
}

export interface BarPageQuery {
  readonly series: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly asOf: Date;
  readonly after?: Date;
  readonly limit: number;
}

/** What a row is, as a value to compare with what it was when it came in. */
const AS_STORED = 'jsonb_build_array(extract(epoch from known_at), open, high, low, close, volume)';

const COLUMNS = 'event_time, known_at, open, high, low, close, volume, row_id';

/** Stored bars. Writers hold {@link lockSeries} so that one series has one writer at a time. */
@Injectable()
export class BarRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Serialises writers of a series until the transaction ends. */
  async lockSeries(runner: QueryRunner, series: string): Promise<void> {
    await execute(runner, `select pg_advisory_xact_lock(hashtextextended('bars:' || $1, 0))`, [series]);
  }

  /** The latest row per event time from `from` to `to`, both included. */
  async latest(runner: QueryRunner, series: string, from: Date, to: Date): Promise<StoredBar[]> {
    const rows = await selectRows<BarRow>(
      runner,
      `select distinct on (event_time) ${COLUMNS} from bars
       where series = $1 and event_time between $2 and $3 order by event_time, known_at desc`,
      [series, from, to],
    );
    return rows.map(toBar);
  }

  async exists(runner: QueryRunner, series: string, source: string): Promise<boolean> {
    const sql = 'select 1 from bars where series = $1 and source = $2 limit 1';
    const rows = await selectRows(runner, sql, [series, source]);
    return rows.length > 0;
  }

  async insert(runner: QueryRunner, series: string, source: string, bars: readonly StoredBar[]): Promise<void> {
    const column = (key: Exclude<keyof Bar, 'eventTime'>): number[] => bars.map((bar) => bar[key]);
    await execute(
      runner,
      `insert into bars (series, source, event_time, known_at, open, high, low, close, volume, as_ingested)
       select $1, $2, t.*, ${AS_STORED} from unnest($3::timestamptz[], $4::timestamptz[], $5::float8[], $6::float8[],
         $7::float8[], $8::float8[], $9::float8[]) as t (event_time, known_at, open, high, low, close, volume)`,
      [
        series,
        source,
        bars.map((bar) => bar.eventTime.toISOString()),
        bars.map((bar) => bar.knownAt.toISOString()),
        column('open'),
        column('high'),
        column('low'),
        column('close'),
        column('volume'),
      ],
    );
    await notify(runner, BARS_CHANNEL, series);
  }

  /** Rows of a series added since the watermark, in the order they were added. */
  async since(series: string, rowId: number): Promise<NumberedBar[]> {
    const rows = await selectRows<BarRow>(
      this.dataSource,
      `select ${COLUMNS} from bars where series = $1 and row_id > $2 order by row_id`,
      [series, rowId],
    );
    return rows.map((row) => ({ ...toBar(row), rowId: Number(row.row_id) }));
  }

  /** Every row of a series in the order they came in, with what those were that have been changed since. */
  async archive(series: string): Promise<ArchivedBar[]> {
    const rows = await selectRows<BarRow & { as_ingested: number[] | null; is_same: boolean | null }>(
      this.dataSource,
      `select ${COLUMNS}, as_ingested = ${AS_STORED} as is_same,
         case when as_ingested <> ${AS_STORED} then as_ingested end as as_ingested
       from bars where series = $1 order by row_id`,
      [series],
    );
    return rows.map((row) => ({
      ...toBar(row),
      rowId: Number(row.row_id),
      asIngested: row.is_same === null ? 'absent' : (row.as_ingested ?? undefined),
    }));
  }

  /**
   * One page of a series as known at `asOf`, by event time, from `from` (included) to `to` (excluded); fetches one row
   * more than `limit`.
   */
  async page(query: BarPageQuery): Promise<StoredBar[]> {
    const rows = await selectRows<BarRow>(
      this.dataSource,
      `select distinct on (event_time) ${COLUMNS} from bars
       where series = $1 and known_at <= $2 and ($3::timestamptz is null or event_time >= $3)
         and ($4::timestamptz is null or event_time < $4) and ($5::timestamptz is null or event_time > $5)
       order by event_time, known_at desc limit $6`,
      [query.series, query.asOf, query.from ?? null, query.to ?? null, query.after ?? null, query.limit + 1],
    );
    return rows.map(toBar);
  }
}

function toBar(row: BarRow): StoredBar {
  return {
    eventTime: row.event_time,
    knownAt: row.known_at,
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
  };
}
