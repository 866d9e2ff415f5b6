import { Inject, Injectable } from '@nestjs/common';
import type { Agent, ReplayPayload } from '@tidemark/contracts';
import { JobStore, type JobContext } from '@tidemark/jobs';
import { CLOCK, SteppedClock, inWorld, type Clock } from '@tidemark/kernel';
import { LOOPS, type LoopRules, type Loops, type StoredLoop } from '@tidemark/loop/read';
import { BAR_READER, snapshotHash, type BarReader } from '@tidemark/market-data/read';
import { TIMELINES, type Timelines } from '@tidemark/registry/read';
import { SEALED_OPENINGS, type SealedOpenings } from '@tidemark/training/read';
import { replaySpan, type ReplaySpan } from './replay-span.js';
import { isReplaying, replayed } from './replayed.js';

/** A replay with everything decided that its payload leaves open. */
export interface ReplayPlan {
  readonly timeline: string;
  readonly span: ReplaySpan;
  readonly rules: LoopRules;
  /** Number of the opening of the sealed span that this replay is, if it reaches it. */
  readonly opening?: number;
}

/** Makes timeline and loop of a replay, or finds them as an earlier attempt left them. */
@Injectable()
export class ReplayPlanner {
  constructor(
    @Inject(TIMELINES) private readonly timelines: Timelines,
    @Inject(LOOPS) private readonly loops: Loops,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(SEALED_OPENINGS) private readonly openings: SealedOpenings,
    private readonly jobs: JobStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws REPLAY_EMPTY, REPLAY_TOO_EARLY, TIMELINE_EXISTS, TIMELINE_REPLAYED */
  async plan(context: JobContext, agent: Agent, payload: ReplayPayload): Promise<ReplayPlan> {
    const { timeline, purpose, from, to } = payload;
    const now = this.clock.now();
    const snapshot = await this.bars.fresh(agent.source.series, now);
    const span = replaySpan({ agent, snapshot, from, to, now });
    await this.timelines.create(timeline, purpose);
    const loop = await this.loop(context, agent, payload, span);
    const known = await this.bars.series(agent.source.series, span.until);
    const opening = await this.open(context, agent, span, snapshotHash(known));
    const { policy, monitors } = loop;
    return { timeline, span, opening, rules: { policy, monitors, isLive: purpose === 'live' } };
  }

  private loop(context: JobContext, agent: Agent, payload: ReplayPayload, span: ReplaySpan): Promise<StoredLoop> {
    const { begin, until, warmUp } = span;
    return inWorld({ timeline: payload.timeline, clock: new SteppedClock(begin) }, async () => {
      const { policy = agent.policy } = payload;
      const before = await this.loops.find(agent.agent);
      if (before !== undefined) return this.resumed(context, payload, span, before);
      const loop = { policy, monitors: agent.monitors, startedAt: begin, seenBar: warmUp, until };
      await this.loops.create(agent.agent, { ...loop, state: 'replaying' });
      return (await this.loops.find(agent.agent))!;
    });
  }

  /** A loop that this job left, or another that ended without finishing it. */
  private async resumed(
    { job }: JobContext,
    payload: ReplayPayload,
    { begin }: ReplaySpan,
    loop: StoredLoop,
  ): Promise<StoredLoop> {
    const isOther = loop.state === 'ready' && job.attempt === 1;
    if (isOther || loop.startedAt.getTime() !== begin.getTime()) throw replayed(payload);
    if (await isReplaying(this.jobs, payload, job.id)) throw replayed(payload);
    if (loop.state === 'halted') await this.loops.setState(payload.agent, 'replaying');
    return loop;
  }

  /**
   * Whatever is decided as of sealed bars was declared before: one opening for the whole replay, logged and numbered. A main
   * job is opened by its table, which shows the figures.
   */
  private async open(
    context: JobContext,
    agent: Agent,
    span: ReplaySpan,
    dataHash: string,
  ): Promise<number | undefined> {
    const sealedFrom = new Date(`${agent.sealedFrom}T00:00:00Z`);
    if (span.last < sealedFrom || context.job.batch !== undefined) return undefined;
    const opening = { agent: agent.agent, jobId: context.job.id, sealedFrom, dataHash };
    const number = await this.openings.open(opening, (runner) => context.fence(runner));
    await context.log('info', `opening ${number} of the bars sealed from ${agent.sealedFrom} on`);
    return number;
  }
}
