import { SystemClock } from '@tidemark/kernel';
import { closeDataSource, openDataSource } from '@tidemark/database';
import { Metrics, silentLogger } from '@tidemark/telemetry';
import { BullMqTransport } from '../bullmq-transport.js';
import { JobHandlers, type JobContext } from '../job-handler.js';
import { JobLeases } from '../job-leases.js';
import { JobRunner } from '../job-runner.js';
import { JobStore } from '../job-store.js';

/**
 * A worker in a process of its own, to be killed: `node worker-process.js URL LEASE_SECONDS [REDIS_URL]`. Its handler says that it
 * runs and then never ends by itself.
 */
const [databaseUrl = '', leaseSeconds = '1', redisUrl] = process.argv.slice(2);
const logger = silentLogger();
const dataSource = await openDataSource(databaseUrl);
const clock = new SystemClock();
const jobs = { concurrency: 1, leaseSeconds: Number(leaseSeconds), maxAttempts: 3 };
const handlers = new JobHandlers();
handlers.register({ kind: 'train', run: untilAborted });
const transport = await BullMqTransport.open({ databaseUrl, redisUrl, onError: () => undefined });
const leases = new JobLeases(dataSource, clock, new JobStore(dataSource, clock, { jobs }));
const runner = new JobRunner(
  { transport, leases, handlers, logger, metrics: new Metrics(), clock },
  { databaseUrl, ...jobs },
);

process.on('SIGTERM', () => void stop());
await runner.start();

async function untilAborted(context: JobContext): Promise<never> {
  await context.log('info', `running in ${process.pid}`);
  // A stop during the line above has been and gone: no event would come.
  context.signal.throwIfAborted();
  return new Promise((_resolve, reject) => {
    context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
  });
}

async function stop(): Promise<void> {
  await runner.stop();
  await closeDataSource(dataSource);
}
