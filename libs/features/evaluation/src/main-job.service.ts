import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { resultTableSchema, type Agent, type Job, type MainJob } from '@tidemark/contracts';
import { DATA_SOURCE, execute, inTransaction } from '@tidemark/database';
import { JobStore, type FollowUp, type NewJob } from '@tidemark/jobs';
import type { DataSource, QueryRunner } from 'typeorm';
import { renderTable } from './table-text.js';

/** Prefix of the batches of main jobs: `main-1`, `main-2`, … */
const BATCH = 'main';

/** Jobs of one agent in the main job: ingest (for sources with a file), train, walk. */
const STEPS = { csv: 3, api: 2 } as const;

/**
 * The main job: for every agent, data in, baseline and families trained and gated on what was known before the sealed
 * span, then one walk through it. A chain of jobs an agent; agents run side by side.
 */
@Injectable()
export class MainJobService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly jobs: JobStore,
    private readonly agents: AgentCatalog,
  ) {}

  /** Starts the main job, unless one is running or has succeeded; `rerun` starts another all the same. */
  async start(rerun: boolean): Promise<MainJob> {
    await inTransaction(this.dataSource, async (runner) => {
      await execute(runner, `select pg_advisory_xact_lock(hashtextextended('main-job', 0))`);
      const number = await this.newestNumber(runner);
      const current = await this.read(number, runner);
      const isRunning = current.state === 'running';
      if (isRunning || (current.state === 'succeeded' && !rerun)) return;
      for (const { agent } of this.agents.all())
        await this.jobs.create(runner, chainOf(agent, `${BATCH}-${number + 1}`));
    });
    return this.get();
  }

  async get(): Promise<MainJob> {
    return this.read(await this.newestNumber());
  }

  private async newestNumber(on?: QueryRunner): Promise<number> {
    const batch = await this.jobs.latestBatch(BATCH, on);
    return batch === undefined ? 0 : Number(batch.slice(BATCH.length + 1));
  }

  private async read(number: number, on?: QueryRunner): Promise<MainJob> {
    const jobs = number === 0 ? [] : await this.jobs.inBatch(`${BATCH}-${number}`, on);
    if (jobs.length === 0) return { state: 'none', progress: 0, message: 'not started', jobs: [], results: [] };
    const results = jobs.flatMap((job) =>
      job.kind === 'walk' && job.state === 'succeeded' ? [resultTableSchema.parse(job.result?.['table'])] : [],
    );
    const state = this.stateOf(jobs);
    const running = jobs.find((job) => job.state === 'running') ?? jobs.at(-1)!;
    return {
      state,
      progress: state === 'succeeded' ? 1 : this.progressOf(jobs),
      message: `${running.agent} ${running.kind}: ${running.error?.message ?? running.progress.message}`,
      jobs,
      results,
      text: results.length === 0 ? undefined : results.map(renderTable).join('\n\n'),
    };
  }

  private stateOf(jobs: readonly Job[]): MainJob['state'] {
    if (jobs.some((job) => job.state === 'queued' || job.state === 'running')) return 'running';
    if (jobs.some((job) => job.state === 'failed' || job.state === 'cancelled')) return 'failed';
    return 'succeeded';
  }

  private progressOf(jobs: readonly Job[]): number {
    const agents = [...new Set(jobs.map((job) => job.agent))];
    const shares = agents.map((name) => {
      const own = jobs.filter((job) => job.agent === name);
      const steps = this.agents.has(name) ? STEPS[this.agents.byName(name).agent.source.kind] : own.length;
      return own.reduce((sum, job) => sum + (job.state === 'succeeded' ? 1 : job.progress.fraction), 0) / steps;
    });
    return Math.min(1, shares.reduce((sum, share) => sum + share, 0) / agents.length);
  }
}

function chainOf(agent: Agent, batch: string): NewJob {
  const name = agent.agent;
  const steps: FollowUp[] = [
    { kind: 'train', payload: { agent: name, asOf: `${agent.sealedFrom}T00:00:00Z` } },
    { kind: 'walk', payload: { agent: name } },
  ];
  const first: FollowUp = agent.source.kind === 'csv' ? { kind: 'ingest', payload: { agent: name } } : steps.shift()!;
  return { ...first, agent: name, batch, followUp: steps };
}
