import { execute, selectOne } from '@tidemark/database';
import { SystemClock } from '@tidemark/kernel';
import { createTestDatabase, type TestDatabase } from '@tidemark/database/testing';
import { JobLeases } from '../job-leases.js';
import { JobStore } from '../job-store.js';
import type { NewJob } from '../new-job.js';

export const MAX_ATTEMPTS = 3;

/** A database with the store and the leases on it. */
export interface JobsOnPostgres {
  readonly database: TestDatabase;
  readonly store: JobStore;
  readonly leases: JobLeases;
  /** Lets the lease of a running job end now. */
  expire(jobId: string): Promise<void>;
  /** The wake-ups of a job that have not been sent. */
  wakeUps(jobId: string): Promise<number[]>;
  clear(): Promise<void>;
}

export async function jobsOnPostgres(): Promise<JobsOnPostgres> {
  const database = await createTestDatabase();
  const { dataSource } = database;
  const clock = new SystemClock();
  const store = new JobStore(dataSource, clock, {
    jobs: { concurrency: 1, leaseSeconds: 30, maxAttempts: MAX_ATTEMPTS },
  });
  return {
    database,
    store,
    leases: new JobLeases(dataSource, clock, store),
    expire: async (jobId) => {
      await execute(dataSource, `update job_run set lease_until = now() - interval '1 ms' where id = $1`, [jobId]);
    },
    wakeUps: async (jobId) => {
      const sql =
        'select coalesce(array_agg(attempt order by attempt), array[]::int[]) as attempts from job_outbox where job_id = $1';
      return (await selectOne<{ attempts: number[] }>(dataSource, sql, [jobId]))?.attempts ?? [];
    },
    clear: async () => {
      await execute(dataSource, 'delete from job_run');
    },
  };
}

export const TRAIN: NewJob = { kind: 'train', agent: 'market_insight', payload: { agent: 'market_insight' } };
