import type { Agent, Decision, Job } from '@tidemark/contracts';
import type { JobContext, JobStore } from '@tidemark/jobs';
import { uuidOf, type SteppedClock } from '@tidemark/kernel';
import {
  LOOP_SCHEDULES,
  dueSlots,
  fitJobId,
  type AgentLoop,
  type LoopSlot,
  type LoopSummary,
  type Loops,
  type SlotRun,
} from '@tidemark/loop/read';
import { haltReason, replayHalted, replayTooEarly } from './halt.js';
import { ended } from './job-wait.js';
import type { ReplayPlan } from './replay-planner.js';
import { ReplayProgress } from './replay-progress.js';
import { slotBatches } from './slot-batches.js';

export interface ReplayRunParts extends ReplayPlan {
  readonly agent: Agent;
  /** The clock of the replay's world. */
  readonly clock: SteppedClock;
  readonly context: JobContext;
  readonly loops: Loops;
  readonly jobs: JobStore;
  /** Runs work in one fenced transaction. */
  readonly unit: <T>(work: () => Promise<T>) => Promise<T>;
}

/** One attempt at a replay, from where the one before stopped to the end. Runs in the replay's world. */
export class ReplayRun {
  constructor(private readonly parts: ReplayRunParts) {}

  async run(): Promise<LoopSummary> {
    const { parts } = this;
    const { agent, rules, span, loops, context } = parts;
    await this.baseline();
    const loop = await loops.open(agent, rules);
    try {
      const { seenSlot } = (await loops.find(agent.agent))!;
      const { bars } = await loop.summary();
      const progress = new ReplayProgress(context, span.knownAt.length, bars);
      await this.takeOver(loop.open);
      await this.settle(loop, progress);
      const from = seenSlot ?? new Date(span.begin.getTime() - 1);
      const slots = dueSlots(agent.schedule, from, span.until, LOOP_SCHEDULES);
      for (const batch of slotBatches(slots, span.knownAt)) await this.batch(loop, batch, progress);
      return await this.finish(loop);
    } finally {
      loop.dispose();
    }
  }

  /** What serves the first bar: fitted on what was known before it. */
  private async baseline(): Promise<void> {
    const { agent, timeline, span, loops, unit } = this.parts;
    const before = new Date(span.begin.getTime() - 1);
    const id = uuidOf('baseline', timeline, agent.agent);
    await unit(async () => {
      await loops.orderBaseline(agent, before, id);
      await this.adopt(id);
    });
    const job = await this.trained(id);
    if (job.state === 'succeeded') return;
    const why = haltReason(job);
    if (why !== undefined) await this.halt(why);
    await this.end(job.error!, replayTooEarly(timeline, job.error!));
  }

  /** A batch in one unit of work, cut after each slot that asks for a training: what follows may depend on it. */
  private async batch(loop: AgentLoop, batch: readonly LoopSlot[], progress: ReplayProgress): Promise<void> {
    let rest = batch;
    while (rest.length > 0) {
      this.parts.context.signal.throwIfAborted();
      const runs = await this.parts.unit(() => this.slots(loop, rest));
      await progress.batch(loop, runs);
      rest = rest.slice(runs.length);
      await this.settle(loop, progress);
    }
  }

  private async slots(loop: AgentLoop, slots: readonly LoopSlot[]): Promise<SlotRun[]> {
    const runs: SlotRun[] = [];
    for (const slot of slots) {
      this.parts.clock.stepTo(slot.slotAt);
      const run = await loop.run(slot);
      runs.push(run);
      if (run.decision?.action !== 'retrain') continue;
      await this.adopt(fitJobId(run.decision));
      break;
    }
    await loop.save();
    return runs;
  }

  /** Trainings that an earlier attempt left, or another replay that ended without finishing this loop. */
  private async takeOver(decisions: readonly Decision[]): Promise<void> {
    await this.parts.unit(async () => {
      for (const decision of decisions) await this.adopt(fitJobId(decision));
    });
  }

  /** A training is cancelled with its replay, wherever that stands then; a worker that stops or dies leaves it alone. */
  private async adopt(training: string): Promise<void> {
    const { jobs, context } = this.parts;
    await jobs.adopt(training, context.job.id);
  }

  /** Waits for trainings, whatever they take: in simulated time they take none, or the policy's lag. */
  private async settle(loop: AgentLoop, progress: ReplayProgress): Promise<void> {
    for (const decision of loop.open) {
      const job = await this.trained(fitJobId(decision));
      const why = haltReason(job);
      if (why !== undefined) await this.halt(why);
      if (loop.isDue(decision)) await this.conclude(loop, decision, job, progress);
    }
  }

  private async conclude(loop: AgentLoop, decision: Decision, job: Job, progress: ReplayProgress): Promise<void> {
    await progress.decision(await this.parts.unit(() => loop.conclude(decision, job)));
    await progress.report(loop);
  }

  /**
   * The training when it has ended. One that a limit or a cancellation ended before this replay looked, or halted, is tried
   * once more; one that is being cancelled, as by this replay's own cancellation just before its retry, when it has ended.
   */
  private async trained(id: string): Promise<Job> {
    const { jobs, context, unit } = this.parts;
    const found = await jobs.get(id);
    const before = found.cancelRequested ? await ended(jobs, id, context.signal) : found;
    if (haltReason(before) !== undefined) await unit(() => jobs.retry(id));
    return ended(jobs, id, context.signal);
  }

  /** Not a decision: what a limit of this machine ended says nothing about the market. */
  private async halt(why: { readonly code: string; readonly message: string }): Promise<never> {
    return this.end(why, replayHalted(this.parts.context.job.id, why));
  }

  private async end(why: { readonly code: string; readonly message: string }, told: Error): Promise<never> {
    const { loops, agent, unit } = this.parts;
    await unit(() => loops.setState(agent.agent, 'halted', why));
    throw told;
  }

  private async finish(loop: AgentLoop): Promise<LoopSummary> {
    const { loops, agent, unit } = this.parts;
    await unit(() => loops.setState(agent.agent, 'ready'));
    return loop.summary();
  }
}
