import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute } from '@tidemark/database';
import { createTestDatabase, databaseProxy, eventually, type TestDatabase } from '@tidemark/testing';
import { BullMqTransport } from './bullmq-transport.js';
import { migrateQueue } from './postgres-backend.js';
import type { JobDelivery } from './job-transport.js';
import { describeJobTransport } from './testing/job-transport.contract.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateQueue(database.url);
});
afterAll(() => database.close());

describeJobTransport('BullMqTransport', async () => {
  await execute(database.dataSource, 'delete from bullmq.job');
  return BullMqTransport.open({ databaseUrl: database.url, onError: () => undefined });
});

describe('BullMqTransport', () => {
  it('names the command when its tables are missing', async () => {
    const bare = await createTestDatabase();
    try {
      await expect(BullMqTransport.open({ databaseUrl: bare.url, onError: () => undefined })).rejects.toMatchObject({
        code: 'QUEUE_SCHEMA_OUTDATED',
      });
    } finally {
      await bare.close();
    }
  });

  it('makes its tables once, however often it is asked', async () => {
    await Promise.all([migrateQueue(database.url), migrateQueue(database.url)]);
  });

  it('says that Postgres is away, and delivers again when it is back', async () => {
    const proxy = await databaseProxy(database.url);
    const delivered: JobDelivery[] = [];
    const transport = await BullMqTransport.open({ databaseUrl: proxy.url, onError: () => undefined });
    try {
      await transport.consume(async (delivery) => void delivered.push(delivery), { queue: 'work', concurrency: 1 });
      proxy.cut();
      await expect(transport.enqueue('work', 'a', 1)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await proxy.restore();
      await eventually(() => transport.enqueue('work', 'b', 1).then(() => true));
      await eventually(() => delivered.some(({ jobId }) => jobId === 'b'), { timeoutMs: 20_000 });
    } finally {
      await transport.close();
      await proxy.close();
    }
  });
});
