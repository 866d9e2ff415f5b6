import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { closeDataSource, execute, openDataSource, selectRows } from '@tidemark/database';
import type { SteppedClock } from '@tidemark/kernel';
import { createTestDatabase, databaseProxy, stepClock, type TestDatabase } from '@tidemark/testing';
import { ApiKeys } from './api-keys.js';

let database: TestDatabase;
let folder: string;
let clock: SteppedClock;
let keys: ApiKeys;
/** The same keys seen by another process. */
let elsewhere: ApiKeys;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-keys-'));
  clock = stepClock();
  keys = new ApiKeys(database.dataSource, clock);
  elsewhere = new ApiKeys(database.dataSource, clock);
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await execute(database.dataSource, 'delete from api_keys');
});

const later = (seconds: number): void => clock.stepTo(new Date(clock.now().getTime() + seconds * 1000));

describe('ApiKeys', () => {
  it('accepts the key it made and nothing near it', async () => {
    const { key, id } = await keys.create('trader');
    expect(await keys.verify(key)).toBe('trader');
    const last = key.at(-1) === 'A' ? 'B' : 'A';
    const wrong = ['', 'nonsense', `${key.slice(0, -1)}${last}`, key.replace(id, 'aaaabbbbcccc'), `${key}A`];
    for (const text of wrong) expect(await keys.verify(text)).toBeUndefined();
  });

  it('stores no secret', async () => {
    const { key } = await keys.create('trader');
    const secret = key.slice('tm_aaaabbbbcccc_'.length);
    const [row] = await selectRows<Record<string, unknown>>(database.dataSource, 'select * from api_keys');
    expect(JSON.stringify(row)).not.toContain(secret);
    expect((row?.secret_sha256 as Buffer).toString()).not.toContain(secret);
    expect(row?.secret_sha256).toHaveLength(32);
  });

  it('creates the first key once, however many start together, in a file for its owner only', async () => {
    const file = join(folder, 'state', 'api-key');
    const reports = await Promise.all(
      [keys, elsewhere, new ApiKeys(database.dataSource, clock)].map((each) => each.createIfNone('first', file)),
    );
    expect(reports.filter(({ created }) => created)).toHaveLength(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'state'))).toEqual(['api-key']);
    expect(await keys.verify(readFileSync(file, 'utf8').trim())).toBe('first');
  });

  it('replaces a file left by a database that is gone', async () => {
    const file = join(folder, 'api-key');
    writeFileSync(file, 'tm_old', { mode: 0o644 });
    expect(await keys.createIfNone('first', file)).toEqual({ created: true, file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await keys.verify(readFileSync(file, 'utf8').trim())).toBe('first');
  });

  it('keeps no key whose file cannot be written', async () => {
    writeFileSync(join(folder, 'blocked'), '');
    await expect(keys.createIfNone('first', join(folder, 'blocked', 'api-key'))).rejects.toMatchObject({
      code: 'KEY_FILE_UNWRITABLE',
    });
    expect(await keys.list()).toEqual([]);
  });

  it('revokes at once here and within five seconds elsewhere', async () => {
    const { key, id } = await keys.create('trader');
    expect(await elsewhere.verify(key)).toBe('trader');
    await keys.revoke(id);
    expect(await keys.verify(key)).toBeUndefined();
    later(5);
    expect(await elsewhere.verify(key)).toBeUndefined();
    await expect(keys.revoke(id)).rejects.toMatchObject({ code: 'KEY_REVOKED', status: 409 });
    await expect(keys.revoke('aaaabbbbcccc')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND', status: 404 });
  });

  it('rotates: the new key works at once, the old one until its grace ends', async () => {
    const file = join(folder, 'api-key');
    const old = await keys.create('trader', file);
    const fresh = await keys.rotate(old.id, { graceSeconds: 60, file });
    expect(fresh.name).toBe('trader');
    expect(readFileSync(file, 'utf8').trim()).toBe(fresh.key);
    later(59);
    expect(await elsewhere.verify(old.key)).toBe('trader');
    later(1);
    expect(await elsewhere.verify(old.key)).toBeUndefined();
    expect(await elsewhere.verify(fresh.key)).toBe('trader');
  });

  it('rotates without grace unless asked', async () => {
    const old = await keys.create('trader');
    await keys.rotate(old.id);
    expect(await keys.verify(old.key)).toBeUndefined();
  });

  it('lists keys with when they end', async () => {
    const { id } = await keys.create('one');
    await keys.revoke(id);
    const end = clock.now();
    later(1);
    await keys.create('two');
    expect(await keys.list()).toEqual([
      expect.objectContaining({ name: 'one', revokedAt: end }),
      expect.objectContaining({ name: 'two', revokedAt: undefined }),
    ]);
  });

  it('refuses a name that could not be shown', async () => {
    await expect(keys.create('Night Desk')).rejects.toMatchObject({ code: 'KEY_NAME_INVALID' });
  });
});

describe('ApiKeys without Postgres', () => {
  it('goes on accepting a key it has seen, cannot judge one it has not, and recovers', async () => {
    const proxy = await databaseProxy(database.url);
    const dataSource = await openDataSource(proxy.url);
    const local = new ApiKeys(dataSource, clock);
    try {
      const { key } = await local.create('trader');
      const unseen = await local.create('unseen');
      await local.verify(key);
      proxy.cut();
      later(600);
      expect(await local.verify(key)).toBe('trader');
      await expect(local.verify(unseen.key)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await proxy.restore();
      expect(await local.verify(unseen.key)).toBe('unseen');
    } finally {
      await closeDataSource(dataSource);
      await proxy.close();
    }
  });
});
