import { Inject, Injectable } from '@nestjs/common';
import { PrunePlanner } from '@tidemark/backup/schedule';
import { AgentCatalog } from '@tidemark/config';
import type { Agent, Job } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { CLOCK, callerError, conflict, liveTimeline, notFound, type Clock } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import { LOOP_SCHEDULES, type LoopSchedule } from '../due-slots.js';
import { SlotPlanner, slotJob } from '../schedule/slot-planner.js';
import { SlotRepository, type PlanKey } from '../schedule/slot.repository.js';

/** Words for what is not there yet: asking for it is answered with why, not with "unknown". */
const SWEEPS: readonly string[] = ['sweep', 'sweeps', 'hyperparameter_sweeps'];

/** What may be asked for by hand: the loop's slots, a reconciliation of yesterday, and a prune of the installation. */
const JOB_TYPES = [...LOOP_SCHEDULES, 'reconciliation', 'prune'] as const;
type JobType = (typeof JOB_TYPES)[number];
type AgentJobType = Exclude<JobType, 'prune'>;

/** Slots asked for by hand. They run also where the scheduler is switched off. */
@Injectable()
export class ManualSlotsService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly agents: AgentCatalog,
    private readonly planner: SlotPlanner,
    private readonly slots: SlotRepository,
    private readonly jobs: JobStore,
    private readonly prunes: PrunePlanner,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Queues a slot of now, or a reconciliation of yesterday, for an agent or for every agent; or a prune.
   * @throws JOB_TYPE_UNKNOWN, JOB_TYPE_WITHOUT_AGENT, SWEEPS_UNAVAILABLE, AGENT_NOT_FOUND, LOOP_NOT_READY
   */
  async trigger(type: string, agent?: string): Promise<Job[]> {
    const wanted = jobTypeOf(type);
    if (wanted === 'prune') return [await this.prune(agent)];
    const named = agent === undefined ? this.agents.all() : [this.agents.byName(agent)];
    const jobs: Job[] = [];
    for (const { agent: each } of named) jobs.push(await this.start(each, wanted));
    return jobs;
  }

  private async prune(agent: string | undefined): Promise<Job> {
    if (agent === undefined) return this.prunes.start();
    const message = 'A prune belongs to the installation and not to an agent: leave the agent out.';
    throw callerError('JOB_TYPE_WITHOUT_AGENT', message, { details: { agent } });
  }

  private async start(agent: Agent, type: AgentJobType): Promise<Job> {
    if (type !== 'reconciliation') return this.queue(agent, type);
    return this.jobs.start({ kind: 'reconcile', agent: agent.agent, payload: { agent: agent.agent } });
  }

  /** What has become due by then is planned first: the ledger goes on from its newest slot, and must not pass any over. */
  private async queue(agent: Agent, schedule: LoopSchedule): Promise<Job> {
    await this.planner.plan(agent);
    const key: PlanKey = { timeline: liveTimeline(), agent: agent.agent, series: agent.source.series };
    return inTransaction(this.dataSource, async (runner) => {
      await this.slots.lock(runner, key);
      if ((await this.slots.plannedUpTo(runner, key)).isHeld) throw notReady(key);
      const slot = { schedule, slotAt: this.clock.now() };
      const job = await this.jobs.create(runner, slotJob(key, slot, true));
      await this.slots.due(runner, key, slot, job.id);
      return job;
    });
  }
}

function jobTypeOf(type: string): JobType {
  const known = JOB_TYPES.find((each) => each === type);
  if (known !== undefined) return known;
  if (SWEEPS.includes(type)) {
    throw callerError('SWEEPS_UNAVAILABLE', 'This version has no hyperparameter sweeps: there is nothing to start.');
  }
  const message = `There is no job type ${type}: expected one of ${JOB_TYPES.join(', ')}.`;
  throw notFound('JOB_TYPE_UNKNOWN', message, { known: [...JOB_TYPES] });
}

function notReady({ agent, timeline }: PlanKey): Error {
  const message = `The loop of ${agent} on ${timeline} is in the hands of a replay that runs or has halted: let it end first.`;
  return conflict('LOOP_NOT_READY', message, { agent, timeline });
}
