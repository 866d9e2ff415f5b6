import { Inject, Injectable } from '@nestjs/common';
import type { Outcome } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectRows, type SqlExecutor } from '@tidemark/database';
import { currentTimeline } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import type { OutcomeRow } from './outcome.js';

interface StoredOutcome {
  as_of: Date;
  revision: number;
  value: number;
  label_end: Date;
  known_at: Date;
}

type LoopBarRow = { as_of: Date; revision: null } | StoredOutcome;

export interface OutcomePageQuery {
  readonly agent: string;
  /** Default: the current one. */
  readonly timeline?: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly after?: Date;
  readonly limit: number;
}

const LATEST = `select distinct on (as_of) as_of, revision, value, label_end, known_at from outcomes
  where timeline_id = $1 and agent = $2`;
const ORDER = 'order by as_of, revision desc';

/** Rows of `outcomes`; the highest revision of an event time counts. */
@Injectable()
export class OutcomeRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** One process at a time matures an agent's outcomes of one timeline. */
  async lock(runner: QueryRunner, agent: string): Promise<void> {
    await execute(runner, `select pg_advisory_xact_lock(hashtextextended('outcomes:' || $1 || ':' || $2, 0))`, [
      currentTimeline(),
      agent,
    ]);
  }

  async all(runner: QueryRunner, agent: string): Promise<OutcomeRow[]> {
    return (await selectRows<StoredOutcome>(runner, `${LATEST} ${ORDER}`, [currentTimeline(), agent])).map(toRow);
  }

  /** Event times from `from` on that the loop predicted, in order, each with its latest outcome so far. */
  async ofLoop(agent: string, from: Date): Promise<{ asOf: Date; latest?: OutcomeRow }[]> {
    const rows = await selectRows<LoopBarRow>(
      this.dataSource,
      `select p.as_of, o.revision, o.value, o.label_end, o.known_at from predictions p
       left join lateral (
         select revision, value, label_end, known_at from outcomes
         where timeline_id = $1 and agent = $2 and as_of = p.as_of order by revision desc limit 1) o on true
       where p.timeline_id = $1 and p.agent = $2 and p.mode = 'loop' and p.as_of >= $3 order by p.as_of`,
      [currentTimeline(), agent, from],
    );
    return rows.map((row) => ({ asOf: row.as_of, latest: row.revision === null ? undefined : toRow(row) }));
  }

  async insert(on: SqlExecutor, agent: string, rows: readonly OutcomeRow[]): Promise<void> {
    await execute(
      on,
      `insert into outcomes (timeline_id, agent, as_of, revision, value, label_end, known_at)
       select $1, $2, t.* from unnest($3::timestamptz[], $4::int[], $5::float8[], $6::timestamptz[], $7::timestamptz[]) as t`,
      [
        currentTimeline(),
        agent,
        rows.map((row) => row.asOf.toISOString()),
        rows.map((row) => row.revision),
        rows.map((row) => row.value),
        rows.map((row) => row.labelEnd.toISOString()),
        rows.map((row) => row.knownAt.toISOString()),
      ],
    );
  }

  /** Latest revisions from `from` (included) to `to` (excluded) by event time; one row more than `limit`. */
  async page(query: OutcomePageQuery): Promise<Outcome[]> {
    const timeline = query.timeline ?? currentTimeline();
    const rows = await selectRows<StoredOutcome>(
      this.dataSource,
      `${LATEST} and ($3::timestamptz is null or as_of >= $3) and ($4::timestamptz is null or as_of < $4)
         and ($5::timestamptz is null or as_of > $5) ${ORDER} limit $6`,
      [timeline, query.agent, query.from ?? null, query.to ?? null, query.after ?? null, query.limit + 1],
    );
    return rows.map((row) => ({
      timeline,
      agent: query.agent,
      asOf: row.as_of.toISOString(),
      value: row.value,
      labelEnd: row.label_end.toISOString(),
      knownAt: row.known_at.toISOString(),
      revision: row.revision,
    }));
  }
}

function toRow(row: StoredOutcome): OutcomeRow {
  return { asOf: row.as_of, revision: row.revision, value: row.value, labelEnd: row.label_end, knownAt: row.known_at };
}
