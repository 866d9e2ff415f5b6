import { Inject, Injectable } from '@nestjs/common';
import type { Reconciliation } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows } from '@tidemark/database';
import { currentTimeline } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';

interface ReconciliationRow {
  timeline_id: string;
  agent: string;
  day: string;
  state: Reconciliation['state'];
  first_difference: Reconciliation['firstDifference'] | null;
  differences: number;
  restatements: Reconciliation['restatements'];
  checked: Reconciliation['checked'];
  at: Date;
  explained_by: string | null;
  explained_at: Date | null;
  note: string | null;
}

export interface ReconciliationPage {
  readonly timeline: string;
  readonly agent?: string;
  readonly state?: Reconciliation['state'];
  /** Day and agent of the last row of the page before. */
  readonly before?: readonly [Date, string];
  readonly limit: number;
}

const COLUMNS = `timeline_id, agent, to_char(day, 'YYYY-MM-DD') as day, state, first_difference, differences, restatements,
  checked, at, explained_by, explained_at, note`;

/** What came of each reconciliation; one a timeline, agent and day. */
@Injectable()
export class ReconciliationRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** In place of an earlier one of the same day. An explanation goes on holding while the first difference is the same. */
  async put(row: Omit<Reconciliation, 'explainedBy' | 'explainedAt' | 'note'>): Promise<Reconciliation> {
    const stored = await selectOne<ReconciliationRow>(
      this.dataSource,
      `insert into reconciliations as r (timeline_id, agent, day, state, first_difference, differences, restatements, checked, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict on constraint pk_reconciliations do update set
         state = case when r.state = 'explained' and r.first_difference = excluded.first_difference
           then 'explained' else excluded.state end,
         first_difference = excluded.first_difference, differences = excluded.differences,
         restatements = excluded.restatements, checked = excluded.checked, at = excluded.at
       returning ${COLUMNS}`,
      [
        ...[row.timeline, row.agent, row.day, row.state],
        row.firstDifference === undefined ? null : JSON.stringify(row.firstDifference),
        ...[row.differences, JSON.stringify(row.restatements), JSON.stringify(row.checked), row.at],
      ],
    );
    return toReconciliation(stored!);
  }

  /** Undefined where nothing differs on that day. */
  async explain(agent: string, day: string, by: string, note: string, at: Date): Promise<Reconciliation | undefined> {
    const row = await selectOne<ReconciliationRow>(
      this.dataSource,
      `update reconciliations set state = 'explained', explained_by = $4, explained_at = $5, note = $6
       where timeline_id = $1 and agent = $2 and day = $3 and state <> 'ok' returning ${COLUMNS}`,
      [currentTimeline(), agent, day, by, at, note],
    );
    return row && toReconciliation(row);
  }

  /** How many days of an agent nobody has explained. */
  async unexplained(agent: string): Promise<number> {
    const row = await selectOne<{ days: number }>(
      this.dataSource,
      `select count(*)::int as days from reconciliations where timeline_id = $1 and agent = $2 and state = 'differs'`,
      [currentTimeline(), agent],
    );
    return row!.days;
  }

  /** Bars whose change a person has explained: they are not told of again. */
  async explainedBars(agent: string): Promise<Set<string>> {
    const rows = await selectRows<{ bar: string }>(
      this.dataSource,
      `select distinct jsonb_array_elements_text(checked -> 'damagedBars') as bar from reconciliations
       where timeline_id = $1 and agent = $2 and state = 'explained'`,
      [currentTimeline(), agent],
    );
    return new Set(rows.map(({ bar }) => bar));
  }

  /** Newest day first; one row more than `limit`. */
  async page({ timeline, agent, state, before, limit }: ReconciliationPage): Promise<Reconciliation[]> {
    const rows = await selectRows<ReconciliationRow>(
      this.dataSource,
      `select ${COLUMNS} from reconciliations r
       where timeline_id = $1 and ($2::text is null or agent = $2) and ($3::text is null or state = $3)
         and ($4::timestamptz is null or r.day < ($4 at time zone 'UTC')::date
           or (r.day = ($4 at time zone 'UTC')::date and agent > $5::text))
       order by r.day desc, agent limit $6`,
      [timeline, agent ?? null, state ?? null, before?.[0] ?? null, before?.[1] ?? null, limit + 1],
    );
    return rows.map(toReconciliation);
  }

  /** A slot of the schedule has been acted on. */
  async slotDone(agent: string, schedule: string, slotAt: string, outcome: string): Promise<void> {
    await execute(
      this.dataSource,
      `update schedule_slot set state = 'done', outcome = $5
       where timeline_id = $1 and agent = $2 and schedule = $3 and slot_at = $4`,
      [currentTimeline(), agent, schedule, slotAt, outcome],
    );
  }
}

function toReconciliation(row: ReconciliationRow): Reconciliation {
  return {
    timeline: row.timeline_id,
    agent: row.agent,
    day: row.day,
    state: row.state,
    firstDifference: row.first_difference ?? undefined,
    differences: row.differences,
    restatements: row.restatements,
    checked: row.checked,
    at: row.at.toISOString(),
    explainedBy: row.explained_by ?? undefined,
    explainedAt: row.explained_at?.toISOString(),
    note: row.note ?? undefined,
  };
}
