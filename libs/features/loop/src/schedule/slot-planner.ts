import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, AgentCatalog, type AppConfig, type ScheduleConfig } from '@tidemark/config';
import type { Agent } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { CLOCK, liveTimeline, uuidOf, type Clock } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { LOOP_SCHEDULES, dueSlots, type LoopSchedule, type LoopSlot } from '../due-slots.js';
import { NO_NEW_DATA } from '../slot-ledger.js';
import { CheckPlanner } from './check-planner.js';
import { FIRST_START, MISSED, SlotRepository, type News, type PlanKey } from './slot.repository.js';

/** Slots planned for an agent at one look. */
export interface Planned {
  readonly queued: readonly LoopSlot[];
  readonly skipped: number;
  readonly missed: number;
}

const NOTHING: Planned = { queued: [], skipped: 0, missed: 0 };

/**
 * Finds the slots that have become due on the live timeline and queues a job for each with something to look at. The
 * ledger decides: any number of schedulers may plan at once, one after the other for each agent, and a slot is planned once.
 */
@Injectable()
export class SlotPlanner {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly slots: SlotRepository,
    private readonly checks: CheckPlanner,
    private readonly jobs: JobStore,
    private readonly agents: AgentCatalog,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Plans every agent up to now; what one of them fails with is thrown after the others were planned. */
  async planAll(): Promise<number> {
    const failures: unknown[] = [];
    let queued = 0;
    for (const { agent } of this.agents.all()) {
      try {
        queued += (await this.plan(agent)).queued.length;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return queued;
  }

  async plan(agent: Agent): Promise<Planned> {
    const names = wanted(this.config.schedule);
    if (names.length === 0) return NOTHING;
    const now = this.clock.now();
    const key: PlanKey = { timeline: liveTimeline(), agent: agent.agent, series: agent.source.series };
    return inTransaction(this.dataSource, async (runner) => {
      await this.slots.lock(runner, key);
      const mark = await this.slots.plannedUpTo(runner, key);
      if (mark.isHeld) return NOTHING;
      // Nothing was ever planned: what passed before anybody watched is not missed.
      if (mark.upTo === undefined) return this.begin(runner, key, now);
      const due = [...dueSlots(agent.schedule, mark.upTo, now, names)];
      const news = await this.slots.news(runner, key);
      const idle = due.filter((slot) => !isNews(news, slot));
      const { run, missed } = choose(
        due.filter((slot) => isNews(news, slot)),
        this.config.schedule.missedSlots,
      );
      await this.count(runner, key, idle, NO_NEW_DATA);
      await this.count(runner, key, missed, MISSED);
      await this.queue(runner, key, run);
      await this.checks.plan(runner, key, agent.schedule, mark.upTo, now);
      return { queued: run, skipped: idle.length, missed: missed.length };
    });
  }

  private async begin(runner: QueryRunner, key: PlanKey, now: Date): Promise<Planned> {
    await this.slots.skipped(runner, key, [{ schedule: 'drift', slotAt: now }], FIRST_START);
    return NOTHING;
  }

  /** Slots that nothing runs for: however many passed, one count a schedule. */
  private async count(runner: QueryRunner, key: PlanKey, slots: readonly LoopSlot[], reason: string): Promise<void> {
    for (const name of LOOP_SCHEDULES) {
      const own = slots.filter(({ schedule }) => schedule === name);
      await this.slots.skipped(runner, key, own, reason);
    }
  }

  private async queue(runner: QueryRunner, key: PlanKey, slots: readonly LoopSlot[]): Promise<void> {
    for (const slot of slots) {
      const job = await this.jobs.create(runner, slotJob(key, slot));
      await this.slots.due(runner, key, slot, job.id);
    }
  }
}

/** A bar the loop has not seen is known at the slot; for a retrain slot also one that was seen and not decided about. */
function isNews({ unseenFrom, isUndecided }: News, { schedule, slotAt }: LoopSlot): boolean {
  return (schedule === 'retrain' && isUndecided) || (unseenFrom !== undefined && unseenFrom <= slotAt);
}

function wanted({ enabled, autoRetrain, driftDetection }: ScheduleConfig): LoopSchedule[] {
  if (!enabled) return [];
  return [...(driftDetection ? (['drift'] as const) : []), ...(autoRetrain ? (['retrain'] as const) : [])];
}

/** Of several slots of one schedule that are due together, all but the last passed while nothing ran. */
function choose(
  due: readonly LoopSlot[],
  policy: ScheduleConfig['missedSlots'],
): { run: LoopSlot[]; missed: LoopSlot[] } {
  if (policy === 'all') return { run: [...due], missed: [] };
  const last = new Map(due.map((slot) => [slot.schedule, slot]));
  const late = new Map<LoopSchedule, number>();
  for (const { schedule } of due) late.set(schedule, (late.get(schedule) ?? 0) + 1);
  const runs = (slot: LoopSlot): boolean =>
    last.get(slot.schedule) === slot && (policy === 'last' || late.get(slot.schedule) === 1);
  return { run: due.filter(runs), missed: due.filter((slot) => !runs(slot)) };
}

/** Asked for once however often the slot is planned. */
export function slotJob(
  { timeline, agent }: PlanKey,
  { schedule, slotAt }: LoopSlot,
  manual = false,
): { id: string; kind: 'slot'; agent: string; payload: Record<string, unknown> } {
  const at = slotAt.toISOString();
  return {
    id: uuidOf('slot', timeline, agent, schedule, at),
    kind: 'slot',
    agent,
    payload: { agent, schedule, slotAt: at, timeline, ...(manual ? { manual } : {}) },
  };
}
