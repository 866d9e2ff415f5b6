import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog, type LoadedAgent } from '@tidemark/config';
import type { Job, MainJob } from '@tidemark/contracts';
import { execute } from '@tidemark/database';
import { JobLeases, JobStore, type JobResult } from '@tidemark/jobs';
import { SystemClock, callerError } from '@tidemark/kernel';
import { buildAgent, createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { MainJobService } from './main-job.service.js';
import { directionTable } from './testing/tables.js';

const load = (overrides: Record<string, unknown>): LoadedAgent => ({
  agent: buildAgent(overrides),
  file: '/agents/a.yaml',
  yaml: '',
  hash: '',
});
const CSV = { series: 'bars', kind: 'csv', path: 'bars.csv' };
const AGENTS = [load({ agent: 'fed', source: CSV }), load({ agent: 'filed', source: CSV }), load({ agent: 'posted' })];

describe('MainJobService', () => {
  let database: TestDatabase;
  let jobs: JobStore;
  let leases: JobLeases;
  let service: MainJobService;
  /** Whether `main` has versions. */
  let hasVersions = false;
  const registry = { hasVersions: async (timeline?: string): Promise<boolean> => timeline === 'main' && hasVersions };

  beforeAll(async () => {
    database = await createTestDatabase();
    const clock = new SystemClock();
    jobs = new JobStore(database.dataSource, clock, { jobs: { concurrency: 1, leaseSeconds: 30, maxAttempts: 3 } });
    leases = new JobLeases(database.dataSource, clock, jobs);
    service = new MainJobService(database.dataSource, jobs, new AgentCatalog(AGENTS), registry);
  });
  afterAll(() => database.close());
  beforeEach(() => execute(database.dataSource, 'delete from job_run'));

  /** The next job of the batch that waits, claimed. */
  async function claimNext(agent?: string): ReturnType<JobLeases['claim']> {
    const { jobs: all } = await service.get();
    const queued = all.find((job) => job.state === 'queued' && (agent === undefined || job.agent === agent));
    return queued === undefined ? undefined : leases.claim(queued.id, queued.attempt + 1, 30);
  }

  /** Runs everything that waits, looking at the progress after every step. */
  async function runAll(look: (state: MainJob) => void = () => undefined): Promise<void> {
    for (let lease = await claimNext(); lease !== undefined; lease = await claimNext()) {
      for (const fraction of [0, 0.5, 0.9]) {
        await leases.progress(lease, fraction, 'on its way');
        look(await service.get());
      }
      await leases.complete(lease, resultOf(lease.job), []);
      look(await service.get());
    }
  }

  function resultOf(job: Job): JobResult {
    return job.kind === 'table' ? { table: { ...directionTable(), agent: job.agent } } : {};
  }

  it('is nothing before it is started', async () => {
    expect(await service.get()).toEqual({ state: 'none', progress: 0, message: 'not started', jobs: [], results: [] });
  });

  const KINDS = ['ingest', 'replay', 'replay', 'replay', 'replay', 'table'];

  it('chains ingest, the replays and the table for each agent with a file', async () => {
    const { jobs: first, state } = await service.start(false);
    expect(state).toBe('running');
    expect(first.map(({ agent, kind }) => [agent, kind])).toEqual([
      ['fed', 'ingest'],
      ['filed', 'ingest'],
    ]);
    await runAll();
    const { jobs: all, timeline, adopt } = await service.get();
    const chain = (agent: string): string[] => all.filter((job) => job.agent === agent).map(({ kind }) => kind);
    expect([chain('fed'), chain('filed')]).toEqual([KINDS, KINDS]);
    const replays = all.filter(({ agent, kind }) => agent === 'fed' && kind === 'replay').map(({ payload }) => payload);
    expect(replays.map((payload) => [payload['timeline'], payload['purpose']])).toEqual([
      ['main', 'live'],
      ['main-once', 'comparison'],
      ['main-always', 'comparison'],
      ['main-gated', 'comparison'],
    ]);
    expect(replays[0]).not.toHaveProperty('policy');
    expect(replays.slice(1)).toMatchObject([
      { policy: { once: true, gates: { newRecipe: 'none' }, watch: false } },
      { policy: { once: false, gates: { newRecipe: 'none' }, watch: false } },
      { policy: { once: false, gates: { newRecipe: 'superiority' }, watch: false } },
    ]);
    expect([timeline, adopt]).toEqual(['main', undefined]);
  });

  it('replays on a timeline of its own where main has a past, and says what to adopt', async () => {
    hasVersions = true;
    try {
      await service.start(false);
      await runAll();
      const { jobs: all, timeline, adopt } = await service.get();
      expect([timeline, adopt]).toEqual(['replay-1', 'replay-1']);
      expect(all.find(({ kind }) => kind === 'replay')!.payload).toMatchObject({ purpose: 'replay' });
    } finally {
      hasVersions = false;
    }
  });

  it('takes a batch of a version that walked for nothing', async () => {
    await jobs.start({ kind: 'walk', agent: 'fed', payload: { agent: 'fed' }, batch: 'main-1' });
    expect(await service.get()).toMatchObject({ state: 'none', jobs: [] });
    expect((await service.start(false)).jobs.map(({ batch }) => batch)).toEqual(['main-2', 'main-2']);
  });

  it('has progress that never falls and ends at one, with results and text', async () => {
    await service.start(false);
    const seen: number[] = [];
    await runAll(({ progress }) => seen.push(progress));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const done = await service.get();
    expect(done).toMatchObject({ state: 'succeeded', progress: 1 });
    expect(done.results.map(({ agent }) => agent).sort()).toEqual(['fed', 'filed']);
    expect(done.text).toMatch(/^filed\n/m);
  });

  it('starts once, however often and by however many it is asked', async () => {
    const started = await Promise.all(Array.from({ length: 5 }, () => service.start(false)));
    const ids = started.map(({ jobs: all }) => all.map(({ id }) => id).join());
    expect(new Set(ids).size).toBe(1);
    expect((await service.start(true)).jobs.map(({ batch }) => batch)).toEqual(['main-1', 'main-1']);
  });

  it('runs again only when it is told to', async () => {
    await service.start(false);
    await runAll();
    expect((await service.start(false)).jobs[0]!.batch).toBe('main-1');
    const again = await service.start(true);
    expect(again).toMatchObject({ state: 'running', results: [] });
    expect(again.jobs.map(({ batch }) => batch)).toEqual(['main-2', 'main-2']);
  });

  it('has failed once every agent has come to its end and one has failed', async () => {
    await service.start(false);
    const lease = (await claimNext('fed'))!;
    await leases.fail(lease, callerError('NO_BARS', 'no bars of it'), 0);
    expect((await service.get()).state).toBe('running');
    await runAll();
    const failed = await service.get();
    expect(failed.state).toBe('failed');
    expect(failed.progress).toBeLessThan(1);
    expect(failed.results.map(({ agent }) => agent)).toEqual(['filed']);
    expect(failed.message).toBe('fed ingest: no bars of it');
    await Promise.all([service.start(false), service.start(false)]);
    await runAll();
    const mended = await service.get();
    expect(mended).toMatchObject({ state: 'succeeded', progress: 1 });
    expect(mended.jobs.filter(({ kind }) => kind === 'table').map(({ agent }) => agent)).toEqual(['filed', 'fed']);
    expect(new Set(mended.jobs.map(({ batch }) => batch))).toEqual(new Set(['main-1']));
  });

  it('has nothing to do when no agent has a file', async () => {
    const idle = new MainJobService(database.dataSource, jobs, new AgentCatalog([load({ agent: 'posted' })]), registry);
    expect(await idle.start(false)).toMatchObject({ state: 'succeeded', jobs: [], results: [] });
  });
});
