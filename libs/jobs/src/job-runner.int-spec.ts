import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job, JobState } from '@tidemark/contracts';
import { closeDataSource, openDataSource, selectOne } from '@tidemark/database';
import { callerError, operationalError, SystemClock } from '@tidemark/kernel';
import { databaseProxy, eventually, hasRedis, redisServer, type RedisServer } from '@tidemark/testing';
import { Metrics, silentLogger } from '@tidemark/telemetry';
import { BullMqTransport } from './bullmq-transport.js';
import { InMemoryTransport } from './in-memory-transport.js';
import { JobDispatcher } from './job-dispatcher.js';
import { JobHandlers, type JobContext, type JobHandler } from './job-handler.js';
import { JobLeases } from './job-leases.js';
import { JobRunner } from './job-runner.js';
import { JobStore } from './job-store.js';
import type { JobTransport } from './job-transport.js';
import { migrateQueue } from './postgres-backend.js';
import { jobsOnPostgres, TRAIN, type JobsOnPostgres } from './testing/set-up.js';

const LEASE_SECONDS = 1;

let jobs: JobsOnPostgres;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  jobs = await jobsOnPostgres();
  await migrateQueue(jobs.database.url);
});
afterAll(() => jobs.database.close());
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await jobs.clear();
});

interface Worker {
  readonly runner: JobRunner;
  readonly dispatcher: JobDispatcher;
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

/** Starts a worker in this process whose train jobs are run by `run`. */
async function startWorker(
  run: JobHandler['run'],
  options: { transport?: JobTransport; databaseUrl?: string } = {},
): Promise<Worker> {
  const databaseUrl = options.databaseUrl ?? jobs.database.url;
  const clock = new SystemClock();
  const dataSource = await openDataSource(databaseUrl);
  const transport = options.transport ?? new InMemoryTransport();
  const handlers = new JobHandlers();
  handlers.register({ kind: 'train', run });
  const metrics = new Metrics();
  const logger = silentLogger();
  const config = { jobs: { concurrency: 2, leaseSeconds: LEASE_SECONDS, maxAttempts: 3 } };
  const leases = new JobLeases(dataSource, clock, new JobStore(dataSource, clock, config));
  const runner = new JobRunner(
    { transport, leases, handlers, logger, metrics, clock },
    { databaseUrl, concurrency: 2, leaseSeconds: LEASE_SECONDS, retryDelaySeconds: 0.05 },
  );
  const dispatcher = new JobDispatcher(dataSource, transport, logger, { databaseUrl, pollMs: 50, sweepMs: 100 });
  await runner.start();
  await dispatcher.start();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await dispatcher.stop();
    await runner.stop();
    await closeDataSource(dataSource);
  };
  const worker = { runner, dispatcher, metrics, stop: () => (stopped ??= stop()) };
  stops.push(worker.stop);
  return worker;
}

const inState = (id: string, state: JobState): Promise<Job> =>
  eventually(async () => {
    const job = await jobs.store.get(id);
    return job.state === state ? job : undefined;
  });

/** A handler that runs until its signal is aborted. */
function untilAborted(context: JobContext): Promise<never> {
  if (context.signal.aborted) return Promise.reject(context.signal.reason as Error);
  return new Promise((_resolve, reject) => {
    context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
  });
}

async function spawnWorker(redisUrl?: string): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./testing/worker-process.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [script, jobs.database.url, String(LEASE_SECONDS), ...(redisUrl === undefined ? [] : [redisUrl])],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  stops.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  return child;
}

const openBullMq = (redisUrl?: string): Promise<JobTransport> =>
  BullMqTransport.open({ databaseUrl: jobs.database.url, redisUrl, onError: () => undefined });

describe('JobRunner', () => {
  it('runs a job with log, progress and result', async () => {
    const worker = await startWorker(async (context) => {
      await context.log('info', 'half way');
      await context.progress(0.5, 'half');
      await context.progress(0.75, 'more');
      return { agent: context.job.payload.agent };
    });
    const { id } = await jobs.store.start(TRAIN);
    expect(await inState(id, 'succeeded')).toMatchObject({
      attempt: 1,
      result: { agent: 'market_insight' },
      progress: { fraction: 1 },
    });
    expect((await jobs.store.logs(id, { limit: 10 })).items).toEqual([
      expect.objectContaining({ level: 'info', message: 'half way' }),
    ]);
    await eventually(async () =>
      (await worker.metrics.text()).includes('tidemark_jobs_total{kind="train",state="succeeded"} 1'),
    );
    expect(await worker.metrics.text()).toContain('tidemark_last_success_timestamp_seconds{job="train"}');
  });

  it('tries an operational failure again, and runs the attempt once', async () => {
    const attempts: number[] = [];
    await startWorker(async (context) => {
      attempts.push(context.job.attempt);
      if (context.job.attempt === 1) throw operationalError('DISK_BUSY', 'try later');
      return {};
    });
    const { id } = await jobs.store.start(TRAIN);
    expect(await inState(id, 'succeeded')).toMatchObject({ attempt: 2, error: undefined });
    expect(attempts).toEqual([1, 2]);
    expect((await jobs.store.logs(id, { limit: 9 })).items[0]?.message).toContain('DISK_BUSY');
  });

  it('fails at once on what the caller did wrong', async () => {
    await startWorker(async () => {
      throw callerError('INSUFFICIENT_DATA', 'too few bars');
    });
    const { id } = await jobs.store.start(TRAIN);
    expect(await inState(id, 'failed')).toMatchObject({ attempt: 1, error: { code: 'INSUFFICIENT_DATA' } });
  });

  it('fails with ATTEMPTS_SPENT after the last operational failure', async () => {
    await startWorker(async () => {
      throw operationalError('DISK_BUSY', 'try later');
    });
    const { id } = await jobs.store.start(TRAIN);
    expect(await inState(id, 'failed')).toMatchObject({ attempt: 3, error: { code: 'ATTEMPTS_SPENT' } });
  });

  it('stops a running job within a second of its cancellation', async () => {
    await startWorker(untilAborted);
    const { id } = await jobs.store.start(TRAIN);
    await inState(id, 'running');
    const asked = performance.now();
    await jobs.store.cancel(id);
    await inState(id, 'cancelled');
    expect(performance.now() - asked).toBeLessThan(2_500);
  });

  it('keeps the lease of a job that runs longer than it', async () => {
    let attempts = 0;
    await startWorker(async () => {
      attempts += 1;
      await new Promise((resolve) => setTimeout(resolve, LEASE_SECONDS * 2_500));
      return {};
    });
    const { id } = await jobs.store.start(TRAIN);
    expect(await inState(id, 'succeeded')).toMatchObject({ attempt: 1 });
    expect(attempts).toBe(1);
  });

  it('aborts a handler whose job was taken over, and lets nothing of it through', async () => {
    let attempts = 0;
    const reasons: unknown[] = [];
    await startWorker(async (context) => {
      attempts += 1;
      if (attempts > 1) return { by: 'second' };
      await jobs.expire(context.job.id);
      await untilAborted(context).catch((reason: unknown) => reason);
      reasons.push(context.signal.reason);
      return { by: 'first' };
    });
    const { id } = await jobs.store.start(TRAIN);
    expect(await inState(id, 'succeeded')).toMatchObject({ attempt: 2, result: { by: 'second' } });
    await eventually(() => reasons.length === 1);
    expect(reasons[0]).toMatchObject({ code: 'JOB_LEASE_LOST' });
  });

  it('gives running jobs back when it stops, and another worker finishes them', async () => {
    const first = await startWorker(untilAborted);
    const { id } = await jobs.store.start(TRAIN);
    await inState(id, 'running');
    await first.stop();
    expect(await jobs.store.get(id)).toMatchObject({ state: 'queued', attempt: 1, maxAttempts: 4 });
    await startWorker(async () => ({ by: 'second' }));
    expect(await inState(id, 'succeeded')).toMatchObject({ attempt: 2, result: { by: 'second' } });
  });

  it('survives an outage of Postgres while a job runs', async () => {
    const proxy = await databaseProxy(jobs.database.url);
    stops.push(() => proxy.close());
    let attempts = 0;
    await startWorker(
      async (context) => {
        attempts += 1;
        if (attempts === 1) {
          proxy.cut();
          await new Promise((resolve) => setTimeout(resolve, LEASE_SECONDS * 1_500));
          await proxy.restore();
        }
        return { attempt: context.job.attempt };
      },
      { databaseUrl: proxy.url },
    );
    const { id } = await jobs.store.start(TRAIN);
    await inState(id, 'succeeded');
    const { count } = (await selectOne<{ count: number }>(
      jobs.database.dataSource,
      `select count(*)::int from job_run where state <> 'succeeded'`,
    ))!;
    expect(count).toBe(0);
  });
});

/** The same list for both stores of the queue, with real workers in processes of their own. */
function describeWorkerProcess(name: string, redisUrlOf: () => string | undefined): void {
  describe(`a worker process with its queue in ${name}`, () => {
    it('that is killed is replaced: the next attempt ends the job', async () => {
      const child = await spawnWorker(redisUrlOf());
      const transport = await openBullMq(redisUrlOf());
      stops.push(() => transport.close());
      const { id } = await jobs.store.start(TRAIN);
      const dispatcher = new JobDispatcher(jobs.database.dataSource, transport, silentLogger(), {
        databaseUrl: jobs.database.url,
        sweepMs: 100,
      });
      await dispatcher.start();
      stops.push(() => dispatcher.stop());
      await eventually(async () => (await jobs.store.logs(id, { limit: 1 })).items.length === 1);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await startWorker(async (context) => ({ attempt: context.job.attempt }), {
        transport: await openBullMq(redisUrlOf()),
      });
      expect(await inState(id, 'succeeded')).toMatchObject({ attempt: 2, result: { attempt: 2 } });
    });

    it('that is asked to stop gives its job back at once', async () => {
      const child = await spawnWorker(redisUrlOf());
      const transport = await openBullMq(redisUrlOf());
      stops.push(() => transport.close());
      const { id } = await jobs.store.start(TRAIN);
      const dispatcher = new JobDispatcher(jobs.database.dataSource, transport, silentLogger(), {
        databaseUrl: jobs.database.url,
      });
      await dispatcher.start();
      await inState(id, 'running');
      await dispatcher.stop();
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(0);
      expect(await jobs.store.get(id)).toMatchObject({ state: 'queued', attempt: 1, maxAttempts: 4 });
    });
  });
}

describeWorkerProcess('Postgres', () => undefined);

// skipped: redis-server is not installed
(hasRedis ? describe : describe.skip)('with Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await redisServer();
  });
  afterAll(() => redis.close());

  describeWorkerProcess('Redis', () => redis.url);

  it('goes on where it was when Redis comes back empty: the jobs are in Postgres', async () => {
    const transport = await openBullMq(redis.url);
    await startWorker(async () => ({}), { transport });
    await redis.stop();
    const { id } = await jobs.store.start(TRAIN);
    await redis.start();
    await eventually(async () => (await jobs.store.get(id)).state === 'succeeded', { timeoutMs: 25_000 });
  });
});
