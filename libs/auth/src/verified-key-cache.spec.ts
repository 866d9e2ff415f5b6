import { describe, expect, it } from '@jest/globals';
import { operationalError, SteppedClock } from '@tidemark/kernel';
import { CACHE_LIMITS, VerifiedKeyCache, type VerifiedKey } from './verified-key-cache.js';

const KEY: VerifiedKey = { id: 'aaaabbbbcccc', name: 'trader' };
const DOWN = operationalError('DATABASE_UNAVAILABLE', 'away');

/** A cache over a Postgres whose answer the test sets; counts how often it is asked. */
function setUp(limits: Partial<typeof CACHE_LIMITS> = {}) {
  const clock = new SteppedClock(new Date(0));
  const postgres: { answer: () => Promise<VerifiedKey | undefined>; asked: number } = {
    answer: async () => KEY,
    asked: 0,
  };
  const ask = (): Promise<VerifiedKey | undefined> => {
    postgres.asked += 1;
    return postgres.answer();
  };
  const cache = new VerifiedKeyCache(clock, ask, { ...CACHE_LIMITS, patienceMs: 20, ...limits });
  return { cache, postgres, at: (ms: number) => clock.stepTo(new Date(ms)) };
}

describe('VerifiedKeyCache', () => {
  it('asks once in five seconds, however many calls come', async () => {
    const { cache, postgres, at } = setUp();
    await Promise.all([cache.get('k'), cache.get('k'), cache.get('k')]);
    at(4_999);
    expect(await cache.get('k')).toEqual(KEY);
    expect(postgres.asked).toBe(1);
    at(5_000);
    await cache.get('k');
    expect(postgres.asked).toBe(2);
  });

  it('refuses a revoked key within five seconds', async () => {
    const { cache, postgres, at } = setUp();
    await cache.get('k');
    postgres.answer = async () => undefined;
    at(5_000);
    expect(await cache.get('k')).toBeUndefined();
  });

  it('refuses at the instant a grace ends, without asking', async () => {
    const { cache, postgres, at } = setUp();
    postgres.answer = async () => ({ ...KEY, acceptedUntil: new Date(2_000) });
    expect(await cache.get('k')).toBeDefined();
    at(2_000);
    expect(await cache.get('k')).toBeUndefined();
    expect(postgres.asked).toBe(1);
  });

  it('goes on with an accepted key for fifteen minutes without Postgres, and not longer', async () => {
    const { cache, postgres, at } = setUp();
    await cache.get('k');
    postgres.answer = () => Promise.reject(DOWN);
    at(15 * 60_000 - 1);
    expect(await cache.get('k')).toEqual(KEY);
    at(15 * 60_000 + 1_000);
    await expect(cache.get('k')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('does not let a Postgres that hangs hold up an accepted key, and asks it once a second', async () => {
    const { cache, postgres, at } = setUp();
    await cache.get('k');
    postgres.answer = () => new Promise(() => undefined);
    at(6_000);
    expect(await cache.get('k')).toEqual(KEY);
    at(6_500);
    expect(await cache.get('k')).toEqual(KEY);
    expect(postgres.asked).toBe(2);
  });

  it('knows a key it never saw only from Postgres', async () => {
    const { cache, postgres } = setUp();
    postgres.answer = () => Promise.reject(DOWN);
    await expect(cache.get('new')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('does not remember refusals', async () => {
    const { cache, postgres } = setUp();
    postgres.answer = async () => undefined;
    expect(await cache.get('k')).toBeUndefined();
    postgres.answer = async () => KEY;
    expect(await cache.get('k')).toEqual(KEY);
  });

  it('stays within its bound and drops the oldest', async () => {
    const { cache, postgres } = setUp({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await cache.get(key);
    await cache.get('c');
    await cache.get('b');
    expect(postgres.asked).toBe(3);
    await cache.get('a');
    expect(postgres.asked).toBe(4);
  });

  it('forgets a key by its id', async () => {
    const { cache, postgres } = setUp();
    await cache.get('k');
    cache.forget(KEY.id);
    await cache.get('k');
    expect(postgres.asked).toBe(2);
  });
});
