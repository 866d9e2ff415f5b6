import { Inject, Injectable } from '@nestjs/common';
import type { AgentLoop, Timeline } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import { defect } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import type { LiveTimeline } from './read/index.js';

interface LoopRow {
  timeline_id: string;
  agent: string;
  state: AgentLoop['state'];
  policy: string;
  seen_bar: Date | null;
  seen_slot: Date | null;
  until: Date | null;
  halted_code: string | null;
  halted_message: string | null;
}

interface TimelineRow {
  id: string;
  purpose: Timeline['purpose'];
  note: string | null;
  created_at: Date;
  is_live: boolean;
}

const POINTER = 'select timeline_id from live_pointer order by move desc limit 1';
const TIMELINE = `select t.id, t.purpose, t.note, t.created_at, t.id = (${POINTER}) as is_live from timelines t`;
const LOOP = `select timeline_id, agent, state, coalesce(policy->>'name', '') as policy, seen_bar, seen_slot, until,
  halted_code, halted_message from agent_loops`;

/** Rows of `timelines` and `live_pointer`, and the state of the loops on them. */
@Injectable()
export class TimelineRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** In the order they were made. */
  async all(): Promise<Timeline[]> {
    const rows = await selectRows<TimelineRow>(this.dataSource, `${TIMELINE} order by t.created_at, t.id`);
    const loops = await selectRows<LoopRow>(this.dataSource, `${LOOP} order by agent`);
    return rows.map((row) => toTimeline(row, loops));
  }

  async find(id: string, on: SqlExecutor = this.dataSource): Promise<Timeline | undefined> {
    const row = await selectOne<TimelineRow>(on, `${TIMELINE} where t.id = $1`, [id]);
    if (row === undefined) return undefined;
    return toTimeline(row, await selectRows<LoopRow>(on, `${LOOP} where timeline_id = $1 order by agent`, [id]));
  }

  /** Does nothing when the id is taken. */
  async insert(id: string, purpose: Timeline['purpose'], note: string | undefined, at: Date): Promise<void> {
    await execute(
      this.dataSource,
      'insert into timelines (id, purpose, note, created_at) values ($1, $2, $3, $4) on conflict (id) do nothing',
      [id, purpose, note ?? null, at],
    );
  }

  async highestReplay(): Promise<number> {
    const row = await selectOne<{ highest: number | null }>(
      this.dataSource,
      `select max(substring(id from '^replay-([0-9]{1,9})$')::int) as highest from timelines`,
    );
    return row?.highest ?? 0;
  }

  async live(): Promise<LiveTimeline> {
    const timeline = await this.pointer(this.dataSource);
    const sql = `${LOOP} where timeline_id = $1 order by agent`;
    return { timeline, loops: (await selectRows<LoopRow>(this.dataSource, sql, [timeline])).map(toLoop) };
  }

  /** The timeline that serves. */
  async pointer(on: SqlExecutor): Promise<string> {
    const row = await selectOne<{ timeline_id: string }>(on, POINTER);
    if (row === undefined)
      throw defect('LIVE_POINTER_MISSING', 'No timeline is live: the table live_pointer is empty.');
    return row.timeline_id;
  }

  /** What served before `timeline`, if anything did. */
  async pointerBefore(on: SqlExecutor, timeline: string): Promise<string | undefined> {
    const sql = 'select timeline_id from live_pointer where timeline_id <> $1 order by move desc limit 1';
    return (await selectOne<{ timeline_id: string }>(on, sql, [timeline]))?.timeline_id;
  }

  /** One move at a time. */
  async lockPointer(runner: QueryRunner): Promise<void> {
    await execute(runner, `select pg_advisory_xact_lock(hashtextextended('live-pointer', 0))`);
  }

  async movePointer(runner: QueryRunner, timeline: string, actor: string, at: Date): Promise<void> {
    await execute(
      runner,
      'insert into live_pointer (move, timeline_id, actor, at) select max(move) + 1, $1, $2, $3 from live_pointer',
      [timeline, actor, at],
    );
  }

  async loop(timeline: string, agent: string): Promise<AgentLoop | undefined> {
    const sql = `${LOOP} where timeline_id = $1 and agent = $2`;
    const row = await selectOne<LoopRow>(this.dataSource, sql, [timeline, agent]);
    return row === undefined ? undefined : toLoop(row);
  }

  /** Models of a timeline that have served a version without a gate, and without a reason given by a person. */
  async ungated(runner: QueryRunner, timeline: string): Promise<string[]> {
    const rows = await selectRows<{ model: string }>(
      runner,
      `select distinct d.model from model_deployments d join model_versions v on v.id = d.version_id
       where d.timeline_id = $1 and v.gate->>'rule' = 'none' and v.override_reason is null order by d.model`,
      [timeline],
    );
    return rows.map((row) => row.model);
  }
}

function toTimeline(row: TimelineRow, loops: readonly LoopRow[]): Timeline {
  return {
    id: row.id,
    purpose: row.purpose,
    isLive: row.is_live,
    note: row.note ?? undefined,
    createdAt: row.created_at.toISOString(),
    loops: loops.filter((loop) => loop.timeline_id === row.id).map(toLoop),
  };
}

function toLoop(row: LoopRow): AgentLoop {
  return {
    agent: row.agent,
    state: row.state,
    policy: row.policy,
    seenBar: row.seen_bar?.toISOString(),
    seenSlot: row.seen_slot?.toISOString(),
    until: row.until?.toISOString(),
    halted: row.halted_code === null ? undefined : { code: row.halted_code, message: row.halted_message ?? '' },
  };
}
