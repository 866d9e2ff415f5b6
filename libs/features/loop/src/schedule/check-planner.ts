import { Injectable } from '@nestjs/common';
import type { Schedule } from '@tidemark/contracts';
import { JobStore } from '@tidemark/jobs';
import { uuidOf } from '@tidemark/kernel';
import type { QueryRunner } from 'typeorm';
import { dueSlots, type DueSlot } from '../due-slots.js';
import { NO_NEW_DATA } from '../slot-ledger.js';
import { MISSED, SlotRepository, type PlanKey } from './slot.repository.js';

/** Schedules that compare what was logged with the bars: every night the day before, weekly a longer range. */
const CHECKS = ['reconciliation', 'validation'] as const;
type CheckSlot = DueSlot<(typeof CHECKS)[number]>;

/** Bars of the loop that a weekly validation goes back. */
const VALIDATION_BARS = 250;

/** Queues reconciliations, one job a slot. They are planned with the loop's own slots, in the same ledger. */
@Injectable()
export class CheckPlanner {
  constructor(
    private readonly slots: SlotRepository,
    private readonly jobs: JobStore,
  ) {}

  /** Of several slots due together only the last runs, and none for a day on which nothing was logged. */
  async plan(runner: QueryRunner, key: PlanKey, schedule: Schedule, after: Date, until: Date): Promise<void> {
    const due = [...dueSlots(schedule, after, until, CHECKS)];
    for (const name of CHECKS) {
      const own = due.filter((slot) => slot.schedule === name);
      const slot = own.pop();
      if (slot === undefined) continue;
      await this.slots.skipped(runner, key, own, MISSED);
      if (await this.slots.hasLog(runner, key, dayOf(slot.slotAt))) {
        const job = await this.jobs.create(runner, checkJob(key, slot));
        await this.slots.due(runner, key, slot, job.id);
      } else {
        await this.slots.skipped(runner, key, [slot], NO_NEW_DATA);
      }
    }
  }
}

/** Begin of the UTC day of an instant. */
function dayOf(at: Date): Date {
  return new Date(`${at.toISOString().slice(0, 10)}T00:00:00Z`);
}

/** Looks at the day before the slot; asked for once however often the slot is planned. */
function checkJob(
  { timeline, agent }: PlanKey,
  { schedule, slotAt }: CheckSlot,
): { id: string; kind: 'reconcile'; agent: string; payload: Record<string, unknown> } {
  const at = slotAt.toISOString();
  const range = schedule === 'validation' ? { bars: VALIDATION_BARS } : {};
  return {
    id: uuidOf('reconcile', timeline, agent, schedule, at),
    kind: 'reconcile',
    agent,
    payload: { agent, timeline, slot: { schedule, slotAt: at }, ...range },
  };
}
