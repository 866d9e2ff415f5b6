import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog, type LoadedAgent } from '@tidemark/config';
import { resultTableSchema, type Agent, type Job, type MainJob } from '@tidemark/contracts';
import { DATA_SOURCE, execute, inTransaction } from '@tidemark/database';
import { JobStore, type FollowUp, type NewJob } from '@tidemark/jobs';
import { isTidemarkError } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { renderTable } from './table-text.js';

/** Prefix of the batches of main jobs: `main-1`, `main-2`, … */
const BATCH = 'main';

/** Jobs of one agent in the main job: ingest, train, walk. */
const STEPS = 3;

/**
 * The main job: for every agent with a file, data in, baseline and families trained and gated on what was known before the sealed
 * span, then one walk through it. A chain of jobs an agent; agents run side by side.
 * Agents whose bars are sent to the API are left to `ai retrain`: their bars are known only since they came, so nothing
 * was known before the sealed span.
 */
@Injectable()
export class MainJobService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly jobs: JobStore,
    private readonly agents: AgentCatalog,
  ) {}

  /**
   * Starts the main job, unless one is running or has succeeded. One that failed goes on where it failed, so that what
   * has been walked is not opened again; `rerun` starts another from the beginning.
   */
  async start(rerun: boolean): Promise<MainJob> {
    const failed = await inTransaction(this.dataSource, async (runner) => {
      await execute(runner, `select pg_advisory_xact_lock(hashtextextended('main-job', 0))`);
      const number = await this.newestNumber(runner);
      const current = await this.read(number, runner);
      if (current.state === 'running' || (current.state === 'succeeded' && !rerun)) return [];
      if (current.state === 'failed' && !rerun) return current.jobs.filter(hasFailed);
      for (const { agent } of this.walkable()) await this.jobs.create(runner, chainOf(agent, `${BATCH}-${number + 1}`));
      return [];
    });
    for (const job of failed) await this.retry(job.id);
    return this.get();
  }

  /** Somebody else may have retried it in the meantime: that serves as well. */
  private async retry(id: string): Promise<void> {
    try {
      await this.jobs.retry(id);
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== 'JOB_NOT_RETRYABLE') throw error;
    }
  }

  private walkable(): LoadedAgent[] {
    return this.agents.all().filter(({ agent }) => agent.source.kind === 'csv');
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
    if (jobs.length === 0) return this.nothing();
    const results = jobs.flatMap((job) =>
      job.kind === 'walk' && job.state === 'succeeded' ? [resultTableSchema.parse(job.result?.['table'])] : [],
    );
    const state = this.stateOf(jobs);
    const shown = jobs.find((job) => job.state === 'running') ?? jobs.find(hasFailed) ?? jobs.at(-1)!;
    return {
      state,
      progress: state === 'succeeded' ? 1 : this.progressOf(jobs),
      message: `${shown.agent} ${shown.kind}: ${shown.error?.message ?? shown.progress.message}`,
      jobs,
      results,
      text: results.length === 0 ? undefined : results.map(renderTable).join('\n\n'),
    };
  }

  private nothing(): MainJob {
    const empty = { jobs: [], results: [] };
    if (this.walkable().length > 0) return { ...empty, state: 'none', progress: 0, message: 'not started' };
    return { ...empty, state: 'succeeded', progress: 1, message: 'no agent has a file to learn from', text: '' };
  }

  private stateOf(jobs: readonly Job[]): MainJob['state'] {
    if (jobs.some((job) => job.state === 'queued' || job.state === 'running')) return 'running';
    if (jobs.some(hasFailed)) return 'failed';
    return 'succeeded';
  }

  private progressOf(jobs: readonly Job[]): number {
    const agents = [...new Set(jobs.map((job) => job.agent))];
    const shares = agents.map((name) => {
      const own = jobs.filter((job) => job.agent === name);
      return own.reduce((sum, job) => sum + (job.state === 'succeeded' ? 1 : job.progress.fraction), 0) / STEPS;
    });
    return Math.min(1, shares.reduce((sum, share) => sum + share, 0) / agents.length);
  }
}

function hasFailed({ state }: Job): boolean {
  return state === 'failed' || state === 'cancelled';
}

function chainOf(agent: Agent, batch: string): NewJob {
  const name = agent.agent;
  const payload = { agent: name };
  const followUp: FollowUp[] = [
    { kind: 'train', payload: { ...payload, asOf: `${agent.sealedFrom}T00:00:00Z` } },
    { kind: 'walk', payload },
  ];
  return { kind: 'ingest', payload, agent: name, batch, followUp };
}
