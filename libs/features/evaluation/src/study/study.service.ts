import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { studyResultSchema, type Agent, type Job, type StartStudy, type Study } from '@tidemark/contracts';
import { DATA_SOURCE, execute, inTransaction } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { CLOCK, type Clock } from '@tidemark/kernel';
import { BAR_READER, type BarReader } from '@tidemark/market-data/read';
import type { DataSource } from 'typeorm';
import { retryFailed, shownOf, stateOf } from '../batch.js';
import { studyChain, type StudyPlan } from './study-plan.js';
import { studyText } from './study-text.js';

/** Batch and timelines of studies: `study-1`, `study-2`, … */
const STUDY = 'study';
const FORMER = 'the newest study was written by an earlier version, in another form: ask for another';

/** Studies: what the policy is worth beside chance, luck of the start, and markets whose truth is known. */
@Injectable()
export class StudyService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly jobs: JobStore,
    private readonly agents: AgentCatalog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Starts a study, unless there is one; one that failed goes on where it failed. `rerun` starts another. @throws STUDY_WITHOUT_BARS, REPLAY_TOO_EARLY */
  async start(request: StartStudy): Promise<Study> {
    const current = await this.get();
    if (!request.rerun && current.state !== 'none') {
      if (current.state === 'failed') await retryFailed(this.jobs, current.jobs);
      return this.get();
    }
    const asOf = this.clock.now();
    const plans: Omit<StudyPlan, 'study'>[] = [];
    for (const agent of this.wanted(request)) {
      const known = await this.bars.fresh(agent.source.series, asOf);
      const { sizes, from, to } = request;
      plans.push({ agent, sizes, known, asOf, from, to });
    }
    await inTransaction(this.dataSource, async (runner) => {
      await execute(runner, `select pg_advisory_xact_lock(hashtextextended('study', 0))`);
      const study = `${STUDY}-${numberOf(await this.jobs.latestBatch(STUDY, runner)) + 1}`;
      for (const plan of plans) await this.jobs.create(runner, studyChain({ ...plan, study }, study));
    });
    return this.get();
  }

  private wanted({ agents }: StartStudy): Agent[] {
    if (agents !== undefined) return [...new Set(agents)].map((name) => this.agents.byName(name).agent);
    return this.agents.all().flatMap(({ agent }) => (agent.source.kind === 'csv' ? [agent] : []));
  }

  /** The newest study. */
  async get(): Promise<Study> {
    const study = await this.jobs.latestBatch(STUDY);
    const jobs = study === undefined ? [] : await this.jobs.inBatch(study);
    const empty = { jobs, results: [], reports: [] };
    if (study === undefined || jobs.length === 0)
      return { ...empty, state: 'none', progress: 0, message: 'not started' };
    const reports = jobs.filter(
      ({ kind, state, payload }) => kind === 'study' && state === 'succeeded' && payload['part'] === 'report',
    );
    const parsed = reports.map(({ result }) => studyResultSchema.safeParse(result?.['study']));
    if (parsed.some(({ success }) => !success))
      return { ...empty, jobs: [], state: 'none', progress: 0, message: FORMER };
    const results = parsed.map(({ data }) => data!);
    const shown = shownOf(jobs);
    return {
      study,
      state: stateOf(jobs),
      progress: progressOf(jobs),
      message: `${shown.agent} ${whatOf(shown)}: ${shown.error?.message ?? shown.progress.message}`,
      jobs,
      results,
      reports: reports.map(({ result }) => String(result?.['report'])),
      text: results.length === 0 ? undefined : results.map(studyText).join('\n\n'),
    };
  }
}

function whatOf({ kind, payload }: Job): string {
  const { timeline, part } = payload;
  return typeof timeline === 'string' ? `${kind} ${timeline}` : `${kind} ${String(part)}`;
}

function numberOf(batch: string | undefined): number {
  return batch === undefined ? 0 : Number(batch.slice(STUDY.length + 1));
}

/** Every job of a chain counts the same; the first of each knows how many there will be. */
function progressOf(jobs: readonly Job[]): number {
  const steps = jobs.reduce((sum, { payload: { part, steps: all } }) => sum + (part === 'worlds' ? Number(all) : 0), 0);
  const done = jobs.reduce((sum, { state, progress }) => sum + (state === 'succeeded' ? 1 : progress.fraction), 0);
  return steps === 0 ? 0 : Math.min(1, done / steps);
}
