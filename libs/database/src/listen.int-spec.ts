import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listen, notify } from './listen.js';
import { selectRows } from './sql.js';
import { createTestDatabase, type TestDatabase } from './testing/test-database.js';
import { inTransaction } from './transaction.js';

/** Waits for `length` elements; a suite that waits in vain ends by the test's time limit. */
async function received<T>(list: T[], length: number): Promise<T[]> {
  while (list.length < length) await new Promise((resolve) => setTimeout(resolve, 5));
  return list;
}

describe('listen', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  async function killListeners(): Promise<void> {
    await selectRows(
      database.dataSource,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'tidemark listen %'`,
    );
  }

  it('hears what is committed on its channel, and nothing that is rolled back', async () => {
    const heard: (string | undefined)[] = [];
    const subscription = await listen(database.url, 'Mixed "Case" channel', (payload) => heard.push(payload));
    try {
      await inTransaction(database.dataSource, async (runner) => {
        await notify(runner, 'Mixed "Case" channel', 'lost');
        throw new Error('roll back');
      }).catch(() => undefined);
      await notify(database.dataSource, 'another', 'no');
      await notify(database.dataSource, 'Mixed "Case" channel', 'kept');
      expect(await received(heard, 1)).toEqual(['kept']);
    } finally {
      await subscription.close();
    }
  });

  it('comes back after its connection was lost, and asks to read again', async () => {
    const heard: (string | undefined)[] = [];
    const errors: unknown[] = [];
    const options = { minDelayMs: 10, onError: (error: unknown) => errors.push(error) };
    const subscription = await listen(database.url, 'channel', (payload) => heard.push(payload), options);
    try {
      for (let round = 1; round <= 3; round += 1) {
        await killListeners();
        expect((await received(heard, 2 * round - 1)).at(-1)).toBeUndefined();
        expect(subscription.connected).toBe(true);
        await notify(database.dataSource, 'channel', `after ${round}`);
        expect((await received(heard, 2 * round)).at(-1)).toBe(`after ${round}`);
      }
      expect(errors.length).toBeGreaterThanOrEqual(3);
    } finally {
      await subscription.close();
    }
  });

  it('is silent after close', async () => {
    const heard: (string | undefined)[] = [];
    const subscription = await listen(database.url, 'closing', (payload) => heard.push(payload));
    await subscription.close();
    await subscription.close();
    await notify(database.dataSource, 'closing', 'too late');
    expect(subscription.connected).toBe(false);
    expect(heard).toEqual([]);
  });

  it('fails at once when Postgres cannot be reached at the start', async () => {
    await expect(listen('postgresql://a@127.0.0.1:1/none', 'channel', () => undefined)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });
});
