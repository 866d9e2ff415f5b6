import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction, selectRows } from '@tidemark/database';
import { callerError, defect, operationalError } from '@tidemark/kernel';
import type { Lease } from './job-leases.js';
import { JobSweeper } from './job-sweeper.js';
import { jobsOnPostgres, MAX_ATTEMPTS, TRAIN, type JobsOnPostgres } from './testing/set-up.js';

const LOST = { code: 'JOB_LEASE_LOST' };
const AWAY = operationalError('TRAINER_UNAVAILABLE', 'away');

let jobs: JobsOnPostgres;
let id: string;

beforeAll(async () => {
  jobs = await jobsOnPostgres();
});
afterAll(() => jobs.database.close());
beforeEach(async () => {
  ({ id } = await jobs.store.start(TRAIN));
});
afterEach(() => jobs.clear());

async function claimed(attempt = 1): Promise<Lease> {
  const lease = await jobs.leases.claim(id, attempt, 30);
  if (lease === undefined) throw new Error('the job could not be claimed');
  return lease;
}

describe('JobLeases.claim', () => {
  it('lets one of many win when a wake-up comes twice', async () => {
    const claims = await Promise.all(Array.from({ length: 8 }, () => jobs.leases.claim(id, 1, 30)));
    expect(claims.filter((lease) => lease !== undefined)).toHaveLength(1);
    expect(await jobs.store.get(id)).toMatchObject({ state: 'running', attempt: 1 });
  });

  it('refuses a wake-up of another attempt than the next', async () => {
    expect(await jobs.leases.claim(id, 2, 30)).toBeUndefined();
    await jobs.leases.fail(await claimed(), AWAY, 0);
    expect(await jobs.leases.claim(id, 1, 30)).toBeUndefined();
    expect(await claimed(2)).toMatchObject({ job: { attempt: 2 } });
  });
});

describe('a lease that was lost', () => {
  let stale: Lease;
  let current: Lease;

  beforeEach(async () => {
    stale = await claimed();
    await jobs.expire(id);
    await new JobSweeper(jobs.database.dataSource).sweep();
    current = await claimed(2);
  });

  it('writes nothing, whatever is tried', async () => {
    const { leases, database } = jobs;
    const before = await selectRows(database.dataSource, 'select * from job_run where id = $1', [id]);
    let isWorkDone = false;
    const tries = [
      () => leases.renew(stale, 30),
      () => leases.check(stale),
      () => leases.progress(stale, 0.9, 'stale'),
      () => leases.log(stale, 'info', 'stale'),
      () => leases.fail(stale, AWAY, 0),
      () => leases.fail(stale, callerError('X', 'x'), 0),
      () => leases.cancelled(stale),
      () => leases.release(stale),
      () => leases.complete(stale, { stale: true }, [async () => void (isWorkDone = true)]),
      () => inTransaction(database.dataSource, (runner) => leases.fence(runner, stale)),
    ];
    for (const attempt of tries) await expect(attempt()).rejects.toMatchObject(LOST);
    expect(isWorkDone).toBe(false);
    expect(await selectRows(database.dataSource, 'select * from job_run where id = $1', [id])).toEqual(before);
    expect((await jobs.store.logs(id, { limit: 10 })).items).toEqual([]);
    expect(await jobs.wakeUps(id)).not.toContain(3);
  });

  it('does not hinder the attempt that took over', async () => {
    await jobs.leases.progress(current, 0.5, 'half');
    await jobs.leases.complete(current, { version: '1.0.0' }, []);
    expect(await jobs.store.get(id)).toMatchObject({ state: 'succeeded', attempt: 2, result: { version: '1.0.0' } });
  });

  it('is lost, too, when the job has ended', async () => {
    await jobs.leases.complete(current, {}, []);
    await expect(jobs.leases.complete(current, {}, [])).rejects.toMatchObject(LOST);
  });
});

describe('JobLeases.fence', () => {
  it('keeps the job from being taken over until the transaction ends', async () => {
    const lease = await claimed();
    await inTransaction(jobs.database.dataSource, async (runner) => {
      await jobs.leases.fence(runner, lease);
      // The row is held: the sweeper passes over it although the lease has just run out.
      await runner.query(`update job_run set lease_until = now() - interval '1 hour' where id = $1`, [id]);
      expect(await new JobSweeper(jobs.database.dataSource).sweep()).toMatchObject({ requeued: 0 });
    });
    expect(await new JobSweeper(jobs.database.dataSource).sweep()).toMatchObject({ requeued: 1 });
  });
});

describe('JobLeases.complete', () => {
  it('does the last work and creates the next job of the chain, which carries the rest', async () => {
    const followUp = [
      { kind: 'train', payload: { agent: 'a' } },
      { kind: 'walk', payload: { agent: 'a' } },
    ] as const;
    const first = await jobs.store.start({ kind: 'ingest', agent: 'a', payload: {}, batch: 'main', followUp });
    let lease = await jobs.leases.claim(first.id, 1, 30);
    await jobs.leases.complete(lease!, { rows: 1 }, [
      async (runner) => {
        await runner.query(`insert into models values ('done', 'direction', now())`);
      },
    ]);
    const [, train] = await jobs.store.inBatch('main');
    expect(train).toMatchObject({ kind: 'train', agent: 'a', state: 'queued', batch: 'main', payload: { agent: 'a' } });
    expect(await jobs.wakeUps(train!.id)).toEqual([1]);
    expect(await selectRows(jobs.database.dataSource, `select name from models where name = 'done'`)).toHaveLength(1);
    lease = await jobs.leases.claim(train!.id, 1, 30);
    await jobs.leases.complete(lease!, {}, []);
    const [, , walk] = await jobs.store.inBatch('main');
    lease = await jobs.leases.claim(walk!.id, 1, 30);
    await jobs.leases.complete(lease!, {}, []);
    expect(await jobs.store.inBatch('main')).toHaveLength(3);
  });

  it('leaves the job running when the last work fails', async () => {
    const lease = await claimed();
    const work = async (): Promise<void> => {
      throw new Error('constraint');
    };
    await expect(jobs.leases.complete(lease, {}, [work])).rejects.toThrow('constraint');
    expect(await jobs.store.get(id)).toMatchObject({ state: 'running' });
    await jobs.leases.renew(lease, 30);
  });
});

describe('JobLeases.fail', () => {
  it('tries an operational failure again after the delay, until the attempts are spent', async () => {
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      expect(await jobs.leases.fail(await claimed(attempt), AWAY, 60)).toBe('queued');
      expect(await jobs.wakeUps(id)).toContain(attempt + 1);
    }
    const due = await selectRows(
      jobs.database.dataSource,
      'select 1 from job_outbox where job_id = $1 and attempt > 1 and available_at <= now()',
      [id],
    );
    expect(due).toEqual([]);
    expect(await jobs.leases.fail(await claimed(MAX_ATTEMPTS), AWAY, 60)).toBe('failed');
    const { error, state } = await jobs.store.get(id);
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'ATTEMPTS_SPENT' });
    expect(error?.message).toContain('TRAINER_UNAVAILABLE');
  });

  it.each([callerError('INSUFFICIENT_DATA', 'too few rows'), defect('INTERNAL', 'bug')])(
    'fails at once on $code',
    async (error) => {
      expect(await jobs.leases.fail(await claimed(), error, 0)).toBe('failed');
      expect(await jobs.store.get(id)).toMatchObject({ state: 'failed', attempt: 1, error: { code: error.code } });
    },
  );
});

describe('JobLeases.release', () => {
  it('gives the attempt back without counting it', async () => {
    await jobs.leases.release(await claimed());
    expect(await jobs.store.get(id)).toMatchObject({ state: 'queued', attempt: 1, maxAttempts: MAX_ATTEMPTS + 1 });
    expect(await claimed(2)).toBeDefined();
  });
});

describe('JobLeases.progress', () => {
  it('keeps the fraction within its range', async () => {
    const lease = await claimed();
    await jobs.leases.progress(lease, 1.5, 'almost');
    expect((await jobs.store.get(id)).progress).toEqual({ fraction: 1, message: 'almost' });
  });
});
