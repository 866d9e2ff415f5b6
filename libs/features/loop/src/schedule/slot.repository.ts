import { Inject, Injectable } from '@nestjs/common';
import type { ScheduleName } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows } from '@tidemark/database';
import type { DataSource, QueryRunner } from 'typeorm';
import { SCHEDULES, type DueSlot } from '../due-slots.js';
import type { LoopKey } from '../loop.repository.js';

/** Whose slots, and the series its new bars come from. */
export interface PlanKey extends LoopKey {
  readonly series: string;
}

export interface SlotState {
  readonly schedule: ScheduleName;
  readonly lastSlot?: Date;
  readonly lastState?: string;
  readonly lastOutcome?: string;
  readonly due: number;
  readonly missed: number;
  readonly skipped: number;
}

/** What slots could look at. */
export interface News {
  /** When the first bar that the loop has not seen became known. */
  readonly unseenFrom?: Date;
  /** A bar was seen, and no retrain slot has decided since. */
  readonly isUndecided: boolean;
}

/** Reason of slots that passed while nothing ran, where there was something to look at. */
export const MISSED = 'missed';
/** Marks from when on slots of an agent are planned; no slot of its own. */
export const FIRST_START = 'first_start';

const INSERT = `insert into schedule_slot (timeline_id, agent, schedule, slot_at, state, job_id, outcome)
  values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint pk_schedule_slot do nothing`;

/** The ledger of slots as the scheduler writes it: what is due, what passed, what had nothing to look at. */
@Injectable()
export class SlotRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** One scheduler at a time plans an agent. */
  async lock(runner: QueryRunner, { timeline, agent }: PlanKey): Promise<void> {
    await execute(runner, `select pg_advisory_xact_lock(hashtextextended('slots:' || $1 || ':' || $2, 0))`, [
      timeline,
      agent,
    ]);
  }

  /** Up to when slots have been planned, or stepped through by the replay; held while one runs or has halted. */
  async plannedUpTo(
    runner: QueryRunner,
    { timeline, agent }: PlanKey,
  ): Promise<{ readonly upTo: Date | undefined; readonly isHeld: boolean }> {
    const row = await selectOne<{ up_to: Date | null; held: boolean | null }>(
      runner,
      `select greatest(
           (select max(slot_at) from schedule_slot where timeline_id = $1 and agent = $2),
           (select max(last_slot) from schedule_skips where timeline_id = $1 and agent = $2),
           (select seen_slot from agent_loops where timeline_id = $1 and agent = $2)) as up_to,
         (select state <> 'ready' from agent_loops where timeline_id = $1 and agent = $2) as held`,
      [timeline, agent],
    );
    return { upTo: row?.up_to ?? undefined, isHeld: row?.held ?? false };
  }

  /** What there is to look at. */
  async news(runner: QueryRunner, { timeline, agent, series }: PlanKey): Promise<News> {
    const row = await selectOne<{ unseen: Date | null; undecided: boolean }>(
      runner,
      `with loop as (select seen_bar from agent_loops where timeline_id = $1 and agent = $2)
       select (select min(known_at) from bars where series = $3
           and event_time > coalesce((select seen_bar from loop), '-infinity')) as unseen,
         coalesce((select max(as_of) from predictions where timeline_id = $1 and agent = $2 and mode = 'loop')
           > coalesce((select max(as_of) from decisions where timeline_id = $1 and agent = $2 and kind = 'slot'),
               '-infinity'), false) as undecided`,
      [timeline, agent, series],
    );
    return { unseenFrom: row!.unseen ?? undefined, isUndecided: row!.undecided };
  }

  /** Anything was predicted or decided in the day before an instant. */
  async hasLog(runner: QueryRunner, { timeline, agent }: LoopKey, before: Date): Promise<boolean> {
    const row = await selectOne<{ logged: boolean }>(
      runner,
      `select exists (select 1 from predictions where timeline_id = $1 and agent = $2 and at >= $3 and at < $4)
         or exists (select 1 from decisions where timeline_id = $1 and agent = $2 and slot_at >= $3 and slot_at < $4) as logged`,
      [timeline, agent, new Date(before.getTime() - 86_400_000), before],
    );
    return row!.logged;
  }

  async due(runner: QueryRunner, { timeline, agent }: LoopKey, slot: DueSlot, jobId: string): Promise<void> {
    await execute(runner, INSERT, [timeline, agent, slot.schedule, slot.slotAt, 'due', jobId, null]);
  }

  /** Slots of one schedule, in order of time. */
  async skipped(
    runner: QueryRunner,
    { timeline, agent }: LoopKey,
    slots: readonly DueSlot[],
    reason: string,
  ): Promise<void> {
    const first = slots[0];
    const last = slots.at(-1);
    if (first === undefined || last === undefined) return;
    await execute(
      runner,
      `insert into schedule_skips (timeline_id, agent, schedule, reason, slots, first_slot, last_slot)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint pk_schedule_skips
         do update set slots = schedule_skips.slots + excluded.slots, last_slot = excluded.last_slot
         where schedule_skips.last_slot < excluded.last_slot`,
      [timeline, agent, first.schedule, reason, slots.length, first.slotAt, last.slotAt],
    );
  }

  /** What became of the slots of every schedule on a timeline, in the order they run. */
  async states({ timeline, agent }: LoopKey): Promise<SlotState[]> {
    const rows = await selectRows<{
      schedule: ScheduleName;
      last_slot: Date | null;
      last_state: string | null;
      last_outcome: string | null;
      due: number;
      missed: number;
      skipped: number;
    }>(
      this.dataSource,
      `select s.schedule, l.slot_at as last_slot, l.state as last_state, l.outcome as last_outcome,
         (select count(*) from schedule_slot d where d.timeline_id = $1 and d.agent = $2 and d.schedule = s.schedule and d.state = 'due')::int as due,
         (select coalesce(sum(k.slots), 0) from schedule_skips k where k.timeline_id = $1 and k.agent = $2 and k.schedule = s.schedule
           and k.reason = '${MISSED}')::int as missed,
         (select coalesce(sum(k.slots), 0) from schedule_skips k where k.timeline_id = $1 and k.agent = $2 and k.schedule = s.schedule
           and k.reason not in ('${MISSED}', '${FIRST_START}'))::int as skipped
       from unnest($3::text[]) with ordinality as s (schedule, place)
       left join lateral (select slot_at, state, outcome from schedule_slot x
         where x.timeline_id = $1 and x.agent = $2 and x.schedule = s.schedule and x.state <> 'due'
         order by slot_at desc limit 1) l on true
       order by s.place`,
      [timeline, agent, [...SCHEDULES]],
    );
    return rows.map((row) => ({
      schedule: row.schedule,
      lastSlot: row.last_slot ?? undefined,
      lastState: row.last_state ?? undefined,
      lastOutcome: row.last_outcome ?? undefined,
      due: row.due,
      missed: row.missed,
      skipped: row.skipped,
    }));
  }
}
