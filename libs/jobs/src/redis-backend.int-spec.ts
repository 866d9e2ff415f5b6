import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, hasRedis, redisServer, type RedisServer } from '@tidemark/testing';
import { BullMqTransport } from './bullmq-transport.js';
import type { JobDelivery } from './job-transport.js';
import { describeJobTransport } from './testing/job-transport.contract.js';

const NOWHERE = 'postgresql://nobody@127.0.0.1:1/none';

// skipped: redis-server is not installed
(hasRedis ? describe : describe.skip)('a queue in Redis', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await redisServer();
  });
  afterAll(() => redis.close());

  const open = (): Promise<BullMqTransport> =>
    BullMqTransport.open({ databaseUrl: NOWHERE, redisUrl: redis.url, onError: () => undefined });

  describeJobTransport('BullMqTransport on Redis', async () => {
    await redis.stop();
    await redis.start();
    return open();
  });

  it('says that Redis is away, and delivers again when it is back', async () => {
    const delivered: JobDelivery[] = [];
    const transport = await open();
    try {
      await transport.consume(async (delivery) => void delivered.push(delivery), { queue: 'work', concurrency: 1 });
      await redis.stop();
      await expect(transport.enqueue('work', 'a', 1)).rejects.toMatchObject({
        code: 'QUEUE_UNAVAILABLE',
        retryable: true,
      });
      await redis.start();
      await eventually(() => transport.enqueue('work', 'b', 1).then(() => true));
      await eventually(() => delivered.some(({ jobId }) => jobId === 'b'), { timeoutMs: 20_000 });
    } finally {
      await transport.close();
    }
  });
});
