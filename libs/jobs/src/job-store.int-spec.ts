import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@tidemark/database';
import type { Lease } from './job-leases.js';
import { JobSweeper } from './job-sweeper.js';
import { jobsOnPostgres, MAX_ATTEMPTS, TRAIN, type JobsOnPostgres } from './testing/set-up.js';

const ABSENT = '018f0000-0000-7000-8000-000000000000';

let jobs: JobsOnPostgres;

beforeAll(async () => {
  jobs = await jobsOnPostgres();
});
afterAll(() => jobs.database.close());
afterEach(() => jobs.clear());

async function claimed(id: string, attempt = 1): Promise<Lease> {
  const lease = await jobs.leases.claim(id, attempt, 30);
  if (lease === undefined) throw new Error('the job could not be claimed');
  return lease;
}

describe('JobStore', () => {
  it('creates a queued job together with its wake-up', async () => {
    const job = await jobs.store.start({ ...TRAIN, batch: 'main', payload: { agent: 'market_insight', seed: 7 } });
    expect(job).toMatchObject({
      kind: 'train',
      agent: 'market_insight',
      state: 'queued',
      batch: 'main',
      attempt: 0,
      maxAttempts: MAX_ATTEMPTS,
      payload: { seed: 7 },
    });
    expect(await jobs.store.get(job.id)).toEqual(job);
    expect(await jobs.wakeUps(job.id)).toEqual([1]);
  });

  it('creates neither when the transaction rolls back', async () => {
    const work = inTransaction(jobs.database.dataSource, async (runner) => {
      await jobs.store.create(runner, TRAIN);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect((await jobs.store.list({ limit: 10 })).items).toEqual([]);
  });

  it('pages through jobs newest first, and filters', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1)
      ids.push((await jobs.store.start({ ...TRAIN, kind: index === 2 ? 'walk' : 'train' })).id);
    const first = await jobs.store.list({ limit: 3 });
    const second = await jobs.store.list({ limit: 3, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.reverse());
    expect(second.nextCursor).toBeUndefined();
    expect((await jobs.store.list({ limit: 9, kind: 'walk' })).items).toHaveLength(1);
    expect((await jobs.store.list({ limit: 9, state: 'running' })).items).toHaveLength(0);
    expect((await jobs.store.list({ limit: 9, agent: 'other' })).items).toHaveLength(0);
  });

  it('knows the jobs of a batch and the newest batch of a name', async () => {
    expect(await jobs.store.latestBatch('main')).toBeUndefined();
    await jobs.store.start({ ...TRAIN, batch: 'main' });
    const second = await jobs.store.start({ ...TRAIN, batch: 'main-2' });
    await jobs.store.start({ ...TRAIN, batch: 'maintenance' });
    expect(await jobs.store.latestBatch('main')).toBe('main-2');
    expect(await jobs.store.inBatch('main-2')).toEqual([second]);
  });

  it.each([ABSENT, 'nonsense', ''])('says that there is no job %p', async (id) => {
    const { store } = jobs;
    const calls = [store.get(id), store.logs(id, { limit: 1 }), store.cancel(id), store.retry(id)];
    const refusal = expect.objectContaining({ code: 'JOB_NOT_FOUND', status: 404 }) as unknown;
    expect(await Promise.allSettled(calls)).toEqual(calls.map(() => ({ status: 'rejected', reason: refusal })));
  });

  it('pages through a log in order', async () => {
    const { id } = await jobs.store.start(TRAIN);
    const lease = await claimed(id);
    for (const text of ['one', 'two', 'three']) await jobs.leases.log(lease, 'info', text);
    const first = await jobs.store.logs(id, { limit: 2 });
    const second = await jobs.store.logs(id, { limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ message }) => message)).toEqual(['one', 'two', 'three']);
    expect(second.nextCursor).toBeUndefined();
  });

  it('cancels a queued job at once and for good', async () => {
    const { id } = await jobs.store.start(TRAIN);
    expect(await jobs.store.cancel(id)).toMatchObject({ state: 'cancelled', cancelRequested: true });
    expect(await jobs.wakeUps(id)).toEqual([]);
    expect(await jobs.leases.claim(id, 1, 30)).toBeUndefined();
    await expect(jobs.store.cancel(id)).rejects.toMatchObject({ code: 'JOB_ALREADY_ENDED', status: 409 });
  });

  it('asks a running job to stop', async () => {
    const { id } = await jobs.store.start(TRAIN);
    const lease = await claimed(id);
    expect(await jobs.leases.check(lease)).toEqual({ cancelRequested: false });
    expect(await jobs.store.cancel(id)).toMatchObject({ state: 'running', cancelRequested: true });
    expect(await jobs.leases.check(lease)).toEqual({ cancelRequested: true });
    await jobs.leases.cancelled(lease);
    expect(await jobs.store.get(id)).toMatchObject({ state: 'cancelled' });
  });

  it('retries what ended badly with fresh attempts, and nothing else', async () => {
    const { id } = await jobs.store.start(TRAIN);
    await expect(jobs.store.retry(id)).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE', status: 409 });
    await jobs.store.cancel(id);
    expect(await jobs.store.retry(id)).toMatchObject({
      state: 'queued',
      cancelRequested: false,
      attempt: 0,
      maxAttempts: MAX_ATTEMPTS,
    });
    expect(await jobs.wakeUps(id)).toEqual([1]);
    await jobs.leases.complete(await claimed(id), {}, []);
    await expect(jobs.store.retry(id)).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE' });
  });
});

describe('JobSweeper', () => {
  const sweep = (): Promise<unknown> => new JobSweeper(jobs.database.dataSource).sweep();

  it('leaves a job whose lease holds alone', async () => {
    const { id } = await jobs.store.start(TRAIN);
    await claimed(id);
    expect(await sweep()).toEqual({ requeued: 0, failed: 0, cancelled: 0 });
  });

  it('queues the next attempt of a silent worker and shuts the old one out', async () => {
    const { id } = await jobs.store.start(TRAIN);
    const old = await claimed(id);
    await jobs.expire(id);
    expect(await sweep()).toEqual({ requeued: 1, failed: 0, cancelled: 0 });
    expect(await jobs.store.get(id)).toMatchObject({ state: 'queued', attempt: 1 });
    expect(await jobs.wakeUps(id)).toContain(2);
    await expect(jobs.leases.renew(old, 30)).rejects.toMatchObject({ code: 'JOB_LEASE_LOST' });
  });

  it('fails a job only when its attempts are spent', async () => {
    const { id } = await jobs.store.start(TRAIN);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await claimed(id, attempt);
      await jobs.expire(id);
      await sweep();
    }
    expect(await jobs.store.get(id)).toMatchObject({
      state: 'failed',
      attempt: MAX_ATTEMPTS,
      error: { code: 'ATTEMPTS_SPENT' },
    });
  });

  it('cancels instead, when that was asked of a worker that is gone', async () => {
    const { id } = await jobs.store.start(TRAIN);
    await claimed(id);
    await jobs.store.cancel(id);
    await jobs.expire(id);
    expect(await sweep()).toEqual({ requeued: 0, failed: 0, cancelled: 1 });
    expect(await jobs.store.get(id)).toMatchObject({ state: 'cancelled' });
  });

  it('repeats a wake-up that got lost', async () => {
    const { id } = await jobs.store.start(TRAIN);
    await jobs.database.dataSource.query('delete from job_outbox');
    await sweep();
    expect(await jobs.wakeUps(id)).toEqual([1]);
  });
});
