import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JobState } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';
import type { Lease } from './job-leases.js';
import { JobSweeper } from './job-sweeper.js';
import { jobsOnPostgres, TRAIN, type JobsOnPostgres } from './testing/set-up.js';

let jobs: JobsOnPostgres;
/** A job that runs, and one it waits for. */
let parent: string;
let part: string;
let lease: Lease;

beforeAll(async () => {
  jobs = await jobsOnPostgres();
});
afterAll(() => jobs.database.close());
beforeEach(async () => {
  ({ id: parent } = await jobs.store.start({ ...TRAIN, kind: 'replay' }));
  ({ id: part } = await jobs.store.start(TRAIN));
  await jobs.store.adopt(part, parent);
  lease = await claimed(parent);
});
afterEach(() => jobs.clear());

async function claimed(id: string, attempt = 1): Promise<Lease> {
  const given = await jobs.leases.claim(id, attempt, 30);
  if (given === undefined) throw new Error('the job could not be claimed');
  return given;
}

const stateOf = async (id: string): Promise<[JobState, boolean]> => {
  const { state, cancelRequested } = await jobs.store.get(id);
  return [state, cancelRequested];
};
const sweep = (): Promise<unknown> => new JobSweeper(jobs.database.dataSource).sweep();

describe('a job that is part of another', () => {
  it('is cancelled when that has ended as cancelled, and not before', async () => {
    await jobs.store.cancel(parent);
    expect(await stateOf(part)).toEqual(['queued', false]);
    await jobs.leases.cancelled(lease);
    expect(await stateOf(parent)).toEqual(['cancelled', true]);
    expect(await stateOf(part)).toEqual(['cancelled', true]);
    expect(await jobs.wakeUps(part)).toEqual([]);
    expect(await jobs.leases.claim(part, 1, 30)).toBeUndefined();
  });

  it('is asked to stop while it runs', async () => {
    const running = await claimed(part);
    await jobs.store.cancel(parent);
    await jobs.leases.cancelled(lease);
    expect(await stateOf(part)).toEqual(['running', true]);
    await jobs.leases.cancelled(running);
    expect(await stateOf(part)).toEqual(['cancelled', true]);
  });

  it('is cancelled with one that waits in the queue', async () => {
    await jobs.leases.release(lease);
    await jobs.store.cancel(parent);
    expect(await stateOf(part)).toEqual(['cancelled', true]);
  });

  it('is cancelled when the worker of the other has gone silent meanwhile, whichever is looked at first', async () => {
    await claimed(part);
    await jobs.store.cancel(parent);
    await jobs.expire(parent);
    await jobs.expire(part);
    expect(await sweep()).toEqual({ requeued: 1, failed: 0, cancelled: 1 });
    expect([await stateOf(parent), await stateOf(part)]).toEqual([
      ['cancelled', true],
      ['cancelled', true],
    ]);
    expect(await jobs.wakeUps(part)).toEqual([]);
  });

  it('takes its own parts with it', async () => {
    const { id: inner } = await jobs.store.start(TRAIN);
    await jobs.store.adopt(inner, part);
    await jobs.leases.release(lease);
    await jobs.store.cancel(parent);
    expect(await stateOf(inner)).toEqual(['cancelled', true]);
  });

  it.each([
    ['its worker stops', () => jobs.leases.release(lease)],
    ['an attempt fails', () => jobs.leases.fail(lease, operationalError('DATABASE_UNAVAILABLE', 'away'), 0)],
    ['its worker dies', () => jobs.expire(parent).then(sweep)],
    ['it succeeds', () => jobs.leases.complete(lease, {}, [])],
  ])('goes on when %s', async (_what, end) => {
    await end();
    expect(await stateOf(part)).toEqual(['queued', false]);
    expect(await jobs.leases.claim(part, 1, 30)).toBeDefined();
  });

  it('stays as it ended', async () => {
    await jobs.leases.complete(await claimed(part), { version: '1.0.0' }, []);
    await jobs.leases.cancelled(lease);
    expect(await stateOf(part)).toEqual(['succeeded', false]);
  });

  it('belongs to the last that adopted it', async () => {
    const { id: other } = await jobs.store.start({ ...TRAIN, kind: 'replay' });
    await jobs.store.adopt(part, other);
    await jobs.leases.cancelled(lease);
    expect(await stateOf(part)).toEqual(['queued', false]);
    await jobs.store.cancel(other);
    expect(await stateOf(part)).toEqual(['cancelled', true]);
  });

  it('is left alone by an attempt that has lost the other', async () => {
    await jobs.expire(parent);
    await sweep();
    await expect(jobs.leases.cancelled(lease)).rejects.toMatchObject({ code: 'JOB_LEASE_LOST' });
    expect(await stateOf(part)).toEqual(['queued', false]);
  });
});
