import { Inject, Injectable } from '@nestjs/common';
import { monitorsSchema, policySchema, type Monitors, type Policy } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows } from '@tidemark/database';
import { policyHash } from '@tidemark/policy/read';
import type { DataSource } from 'typeorm';
import type { LoopSchedule, LoopSlot } from './due-slots.js';
import type { SlotLedger } from './slot-ledger.js';

/** Whose loop: one agent on one timeline. */
export interface LoopKey {
  readonly timeline: string;
  readonly agent: string;
}

export type LoopStateName = 'replaying' | 'halted' | 'ready';

/** Row of `agent_loops`. */
export interface StoredLoop {
  readonly state: LoopStateName;
  readonly policy: Policy;
  readonly monitors: Monitors;
  readonly startedAt: Date;
  /** Event time of the newest bar that was observed, or passed over; before the first: of the last bar of the warm-up. */
  readonly seenBar?: Date;
  readonly seenSlot?: Date;
  /** Where a replay ends. */
  readonly until?: Date;
}

/** The policy that a loop runs under, and its hash as stored. */
export interface LoopPolicy {
  readonly policy: Policy;
  readonly policyHash: string;
}

/** What the loop has predicted so far. */
export interface Observed {
  readonly bars: number;
  readonly lastBar?: Date;
  /** When the last of them was observed. */
  readonly lastAt?: Date;
}

/** When something happened: by the newest bar observed then, or by simulated time where no bar is known. */
export interface Moment {
  readonly asOf?: Date;
  readonly at?: Date;
}

interface LoopRow {
  state: LoopStateName;
  policy: unknown;
  monitors: unknown;
  started_at: Date;
  seen_bar: Date | null;
  seen_slot: Date | null;
  until: Date | null;
}

const SAVE = `with done as (
  insert into schedule_slot (timeline_id, agent, schedule, slot_at, state, outcome)
  select $1, $2, t.schedule, t.slot_at, 'done', t.outcome
  from unnest($3::text[], $4::timestamptz[], $5::text[]) as t (schedule, slot_at, outcome)
  on conflict on constraint pk_schedule_slot do update set state = 'done', outcome = excluded.outcome
), skipped as (
  insert into schedule_skips (timeline_id, agent, schedule, reason, slots, first_slot, last_slot)
  select $1, $2, t.* from unnest($6::text[], $7::text[], $8::int[], $9::timestamptz[], $10::timestamptz[]) as t
  on conflict on constraint pk_schedule_skips
    do update set slots = schedule_skips.slots + excluded.slots, last_slot = excluded.last_slot
    where schedule_skips.last_slot < excluded.last_slot
)
update agent_loops set seen_bar = coalesce($11, seen_bar), seen_slot = greatest(seen_slot, $12)
where timeline_id = $1 and agent = $2`;

/** State of loops: `agent_loops`, `schedule_slot`, `schedule_skips`; and counts of what the loop predicted. */
@Injectable()
export class LoopRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Does nothing when the loop exists. */
  async insert({ timeline, agent }: LoopKey, loop: StoredLoop): Promise<void> {
    await execute(
      this.dataSource,
      `insert into agent_loops (timeline_id, agent, state, policy, policy_hash, monitors, started_at, seen_bar, seen_slot, until)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict on constraint pk_agent_loops do nothing`,
      [
        timeline,
        agent,
        loop.state,
        JSON.stringify(loop.policy),
        policyHash(loop.policy),
        JSON.stringify(loop.monitors),
        loop.startedAt,
        loop.seenBar ?? null,
        loop.seenSlot ?? null,
        loop.until ?? null,
      ],
    );
  }

  /** `lock`: nobody else steps this loop until the unit of work ends. */
  async find({ timeline, agent }: LoopKey, lock = false): Promise<StoredLoop | undefined> {
    const row = await selectOne<LoopRow>(
      this.dataSource,
      `select state, policy, monitors, started_at, seen_bar, seen_slot, until from agent_loops
       where timeline_id = $1 and agent = $2 ${lock ? 'for update' : ''}`,
      [timeline, agent],
    );
    return row === undefined ? undefined : toLoop(row);
  }

  async policy({ timeline, agent }: LoopKey): Promise<LoopPolicy | undefined> {
    const row = await selectOne<{ policy: unknown; policy_hash: string }>(
      this.dataSource,
      'select policy, policy_hash from agent_loops where timeline_id = $1 and agent = $2',
      [timeline, agent],
    );
    return row === undefined ? undefined : { policy: policySchema.parse(row.policy), policyHash: row.policy_hash };
  }

  /** The rules of a live loop follow the agent's file. */
  async setRules({ timeline, agent }: LoopKey, policy: Policy, monitors: Monitors): Promise<void> {
    await execute(
      this.dataSource,
      `update agent_loops set policy = $3, policy_hash = $4, monitors = $5
       where timeline_id = $1 and agent = $2 and (policy_hash, monitors) is distinct from ($4, $5::jsonb)`,
      [timeline, agent, JSON.stringify(policy), policyHash(policy), JSON.stringify(monitors)],
    );
  }

  async setState({ timeline, agent }: LoopKey, state: LoopStateName, why?: HaltReason): Promise<void> {
    await execute(
      this.dataSource,
      `update agent_loops set state = $3, halted_code = $4, halted_message = $5 where timeline_id = $1 and agent = $2`,
      [timeline, agent, state, why?.code ?? null, why?.message ?? null],
    );
  }

  /** In one statement, since a replay does it for every bar. */
  async save({ timeline, agent }: LoopKey, ledger: SlotLedger, seen: { bar?: Date; slot: Date }): Promise<void> {
    const { done, skips } = ledger.take();
    await execute(this.dataSource, SAVE, [
      timeline,
      agent,
      done.map(({ schedule }) => schedule),
      done.map(({ slotAt }) => slotAt.toISOString()),
      done.map(({ outcome }) => outcome),
      skips.map(({ schedule }) => schedule),
      skips.map(({ reason }) => reason),
      skips.map(({ slots }) => slots),
      skips.map(({ first }) => first.toISOString()),
      skips.map(({ last }) => last.toISOString()),
      seen.bar ?? null,
      seen.slot,
    ]);
  }

  /** Slots that the scheduler left for this loop up to an instant, oldest first. */
  async due({ timeline, agent }: LoopKey, upTo: Date, schedules: readonly LoopSchedule[]): Promise<LoopSlot[]> {
    const rows = await selectRows<{ schedule: LoopSchedule; slot_at: Date }>(
      this.dataSource,
      `select schedule, slot_at from schedule_slot
       where timeline_id = $1 and agent = $2 and state = 'due' and slot_at <= $3 and schedule = any($4)
       order by slot_at, array_position($4, schedule)`,
      [timeline, agent, upTo, [...schedules]],
    );
    return rows.map((row) => ({ schedule: row.schedule, slotAt: row.slot_at }));
  }

  async stateOf({ timeline, agent }: LoopKey, { schedule, slotAt }: LoopSlot): Promise<string | undefined> {
    const row = await selectOne<{ state: string }>(
      this.dataSource,
      'select state from schedule_slot where timeline_id = $1 and agent = $2 and schedule = $3 and slot_at = $4',
      [timeline, agent, schedule, slotAt],
    );
    return row?.state;
  }

  /** A slot that was skipped is counted, and leaves no row of its own. */
  async removeDue({ timeline, agent }: LoopKey, { schedule, slotAt }: LoopSlot): Promise<void> {
    await execute(
      this.dataSource,
      `delete from schedule_slot where timeline_id = $1 and agent = $2 and schedule = $3 and slot_at = $4 and state = 'due'`,
      [timeline, agent, schedule, slotAt],
    );
  }

  async observed({ timeline, agent }: LoopKey): Promise<Observed> {
    const row = await selectOne<{ bars: number; last_bar: Date | null; last_at: Date | null }>(
      this.dataSource,
      `select count(*)::int as bars, max(as_of) as last_bar, max(at) as last_at from predictions
       where timeline_id = $1 and agent = $2 and mode = 'loop'`,
      [timeline, agent],
    );
    return { bars: row!.bars, lastBar: row!.last_bar ?? undefined, lastAt: row!.last_at ?? undefined };
  }

  /** How many bars the loop had observed by each moment. */
  async observedBy({ timeline, agent }: LoopKey, moments: readonly Moment[]): Promise<number[]> {
    if (moments.length === 0) return [];
    const rows = await selectRows<{ bars: number }>(
      this.dataSource,
      `select (select count(*) from predictions p where p.timeline_id = $1 and p.agent = $2 and p.mode = 'loop'
         and (t.as_of is null or p.as_of <= t.as_of) and (t.at is null or p.at <= t.at))::int as bars
       from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as t (as_of, at, place) order by t.place`,
      [
        timeline,
        agent,
        moments.map(({ asOf }) => asOf?.toISOString() ?? null),
        moments.map(({ at }) => at?.toISOString() ?? null),
      ],
    );
    return rows.map(({ bars }) => bars);
  }

  /** Event time of the newest bar that a retrain slot has decided about. */
  async lastDecided({ timeline, agent }: LoopKey): Promise<Date | undefined> {
    const row = await selectOne<{ as_of: Date | null }>(
      this.dataSource,
      `select max(as_of) as as_of from decisions where timeline_id = $1 and agent = $2 and kind = 'slot'`,
      [timeline, agent],
    );
    return row?.as_of ?? undefined;
  }
}

export interface HaltReason {
  readonly code: string;
  readonly message: string;
}

function toLoop(row: LoopRow): StoredLoop {
  return {
    state: row.state,
    policy: policySchema.parse(row.policy),
    monitors: monitorsSchema.parse(row.monitors),
    startedAt: row.started_at,
    seenBar: row.seen_bar ?? undefined,
    seenSlot: row.seen_slot ?? undefined,
    until: row.until ?? undefined,
  };
}
