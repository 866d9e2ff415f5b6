import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { copyRows } from './copy-rows.js';
import { closeDataSource, openDataSource } from './data-source.js';
import { execute, selectOne } from './sql.js';
import { createTestDatabase, type TestDatabase } from './testing/test-database.js';
import { inTransaction, inUnitOfWork } from './transaction.js';
import { apart } from './unit-of-work.js';

describe('a unit of work', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await execute(database.dataSource, 'create table notes (id int primary key)');
  });
  afterAll(() => database.close());
  beforeEach(() => execute(database.dataSource, 'delete from notes'));

  const add = (id: number): Promise<number> =>
    execute(database.dataSource, 'insert into notes (id) values ($1) returning id', [id]);
  const count = async (): Promise<number> =>
    (await selectOne<{ count: number }>(database.dataSource, 'select count(*)::int as count from notes'))!.count;

  it('commits what any service wrote, together, and shows it to them before', async () => {
    await inUnitOfWork(database.dataSource, {}, async () => {
      await add(1);
      await copyRows(database.dataSource, 'notes', ['id'], [[2]]);
      await inTransaction(database.dataSource, (runner) => execute(runner, 'insert into notes values (3)'));
      expect(await count()).toBe(3);
      expect(await apart(count)).toBe(0);
    });
    expect(await count()).toBe(3);
  });

  it('keeps nothing when one of them fails', async () => {
    const work = async (): Promise<void> => {
      await add(1);
      await add(1);
    };
    await expect(inUnitOfWork(database.dataSource, {}, work)).rejects.toThrow();
    expect(await count()).toBe(0);
  });

  it('goes on after a transaction inside it that failed and was caught', async () => {
    await inUnitOfWork(database.dataSource, {}, async () => {
      await add(1);
      const twice = inTransaction(database.dataSource, async () => void (await add(1)));
      await expect(twice).rejects.toThrow();
      await add(2);
    });
    expect(await count()).toBe(2);
  });

  it('lets work apart be seen at once, and stay whatever becomes of the unit', async () => {
    const work = async (): Promise<void> => {
      await add(1);
      await apart(() => add(2));
      throw new Error('the unit fails');
    };
    await expect(inUnitOfWork(database.dataSource, {}, work)).rejects.toThrow('the unit fails');
    expect(await count()).toBe(1);
  });

  it('need not wait for the disk', async () => {
    const { pathname } = new URL(database.url);
    await execute(database.dataSource, `alter database "${pathname.slice(1)}" set synchronous_commit = on`);
    const dataSource = await openDataSource(database.url);
    const setting = async (): Promise<string | undefined> =>
      (await selectOne<{ synchronous_commit: string }>(dataSource, 'show synchronous_commit'))?.synchronous_commit;
    try {
      expect(await inUnitOfWork(dataSource, { synchronousCommit: 'off' }, setting)).toBe('off');
      expect(await setting()).toBe('on');
    } finally {
      await closeDataSource(dataSource);
    }
  });
});
