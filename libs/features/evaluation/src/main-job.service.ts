import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog, type LoadedAgent } from '@tidemark/config';
import { resultTableSchema, type Job, type MainJob } from '@tidemark/contracts';
import { DATA_SOURCE, execute, inTransaction } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { MAIN_TIMELINE, liveTimeline } from '@tidemark/kernel';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import type { DataSource, QueryRunner } from 'typeorm';
import { retryFailed, shownOf, stateOf } from './batch.js';
import { chainOf, chainProgress, timelinesOf } from './main-job-plan.js';
import { renderTable } from './table-text.js';

/** Prefix of the batches of main jobs: `main-1`, `main-2`, … */
const BATCH = 'main';

/**
 * The main job: for every agent with a file, data in, then the agent's policy replayed over its history bar by bar, the
 * same history under the policies it is compared with, and the table. A chain of jobs an agent; agents run side by side.
 * The first replay is the timeline `main`; where `main` has a past already, the replay has a timeline of its own, which
 * serves only after `timelines adopt`. Agents whose bars are sent to the API are left out: their bars are known only
 * since they came, so there is no history to replay.
 */
@Injectable()
export class MainJobService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly jobs: JobStore,
    private readonly agents: AgentCatalog,
    @Inject(VERSION_CATALOG) private readonly versions: Pick<VersionCatalog, 'hasVersions'>,
  ) {}

  /**
   * Starts the main job, unless one is running or has succeeded. One that failed goes on where it failed, so that what
   * has been replayed is not replayed again; `rerun` starts another from the beginning.
   */
  async start(rerun: boolean): Promise<MainJob> {
    // Asked before: a caller that holds the lock must not wait for a second connection.
    const hasPast = await this.versions.hasVersions(MAIN_TIMELINE);
    const failed = await inTransaction(this.dataSource, async (runner) => {
      await execute(runner, `select pg_advisory_xact_lock(hashtextextended('main-job', 0))`);
      const number = await this.newestNumber(runner);
      const current = await this.read(number, runner);
      if (current.state === 'running' || (current.state === 'succeeded' && !rerun)) return [];
      if (current.state === 'failed' && !rerun) return current.jobs;
      await this.createChains(runner, number + 1, hasPast);
      return [];
    });
    await retryFailed(this.jobs, failed);
    return this.get();
  }

  /** Where `main` has versions, from whatever came before, its history is not written a second time. */
  private async createChains(runner: QueryRunner, number: number, hasPast: boolean): Promise<void> {
    const policy = hasPast ? `replay-${number}` : MAIN_TIMELINE;
    for (const { agent } of this.replayable()) {
      const isLive = policy === MAIN_TIMELINE;
      await this.jobs.create(runner, chainOf(agent, timelinesOf(policy), `${BATCH}-${number}`, isLive));
    }
  }

  private replayable(): LoadedAgent[] {
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
    if (jobs.length === 0 || jobs.some(isFormer)) return this.nothing();
    const results = jobs.flatMap((job) =>
      job.kind === 'table' && job.state === 'succeeded' ? [resultTableSchema.parse(job.result?.['table'])] : [],
    );
    const state = stateOf(jobs);
    const shown = shownOf(jobs);
    return {
      state,
      progress: state === 'succeeded' ? 1 : this.progressOf(jobs),
      message: `${shown.agent} ${shown.kind}: ${shown.error?.message ?? shown.progress.message}`,
      jobs,
      results,
      text: results.length === 0 ? undefined : results.map(renderTable).join('\n\n'),
      ...timelineOf(jobs),
    };
  }

  private nothing(): MainJob {
    const empty = { jobs: [], results: [] };
    if (this.replayable().length > 0) return { ...empty, state: 'none', progress: 0, message: 'not started' };
    return { ...empty, state: 'succeeded', progress: 1, message: 'no agent has a file to learn from', text: '' };
  }

  private progressOf(jobs: readonly Job[]): number {
    const agents = [...new Set(jobs.map((job) => job.agent))];
    const shares = agents.map((name) => {
      const own = jobs.filter((job) => job.agent === name);
      return chainProgress(own.map((job) => (job.state === 'succeeded' ? 1 : job.progress.fraction)));
    });
    return Math.min(1, shares.reduce((sum, share) => sum + share, 0) / agents.length);
  }
}

/** A batch of a version that walked instead of replaying: its result answers another question. */
function isFormer({ kind }: Job): boolean {
  return kind === 'train' || kind === 'walk';
}

/** The timeline the batch replays on; to be adopted when another one serves. */
function timelineOf(jobs: readonly Job[]): Pick<MainJob, 'timeline' | 'adopt'> {
  const replay = jobs.find(({ kind }) => kind === 'replay');
  const timeline = replay?.payload['timeline'];
  if (typeof timeline !== 'string') return {};
  return timeline === liveTimeline() ? { timeline } : { timeline, adopt: timeline };
}
