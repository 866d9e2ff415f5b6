import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { replayPayloadSchema } from '@tidemark/contracts';
import { DATA_SOURCE, inUnitOfWork } from '@tidemark/database';
import { JobHandlers, JobStore, type JobContext, type JobHandler } from '@tidemark/jobs';
import { SteppedClock, inWorld } from '@tidemark/kernel';
import { LOOPS, type Loops } from '@tidemark/loop/read';
import type { DataSource } from 'typeorm';
import { DigestService } from './digest.service.js';
import { ReplayPlanner } from './replay-planner.js';
import { ReplayRun } from './replay-run.js';

/**
 * Job `replay`: an agent's loop through the past, on a timeline of its own or, on a fresh database, the live one. Steps a
 * clock through the slots; everything else is done by the services that live slots go through. Delivered again, after a
 * crash too, it goes on behind the last bar that was committed.
 */
@Injectable()
export class ReplayHandler implements JobHandler, OnModuleInit {
  readonly kind = 'replay' as const;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly agents: AgentCatalog,
    private readonly planner: ReplayPlanner,
    @Inject(LOOPS) private readonly loops: Loops,
    private readonly jobs: JobStore,
    private readonly digests: DigestService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const payload = replayPayloadSchema.parse(context.job.payload);
    const { agent } = this.agents.byName(payload.agent);
    const plan = await this.planner.plan(context, agent, payload);
    const { timeline, span, opening } = plan;
    const clock = new SteppedClock(span.begin);
    const unit = <T>(work: () => Promise<T>): Promise<T> => this.unit(context, work);
    const summary = await inWorld({ timeline, clock, isReplay: true }, () =>
      new ReplayRun({ ...plan, agent, clock, context, loops: this.loops, jobs: this.jobs, unit }).run(),
    );
    const digest = await this.digests.of({ timeline, agent: agent.agent, until: span.until });
    return {
      timeline,
      agent: agent.agent,
      from: span.first.toISOString(),
      until: span.until.toISOString(),
      ...summary,
      opening,
      digest: digest.sha256,
    };
  }

  /**
   * All or nothing, by the one attempt that owns the job. A commit that the disk has not seen yet is replayed after a power
   * failure, so nothing waits for it.
   */
  private unit<T>(context: JobContext, work: () => Promise<T>): Promise<T> {
    return inUnitOfWork(this.dataSource, { synchronousCommit: 'off' }, async (runner) => {
      await context.fence(runner);
      return work();
    });
  }
}
