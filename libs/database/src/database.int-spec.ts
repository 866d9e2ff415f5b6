import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { copyRows } from './copy-rows.js';
import { closeDataSource, migrations, openDataSource } from './data-source.js';
import { assertSchema, migrate, pendingMigrations } from './schema.js';
import { execute, selectOne, selectRows } from './sql.js';
import { createTestDatabase, type TestDatabase } from './testing/test-database.js';
import { inTransaction } from './transaction.js';

const TYPES = `create table every_type (
  id integer constraint pk_every_type primary key, t text, d double precision, b boolean, i bigint, at timestamptz,
  raw bytea, numbers double precision[], texts text[], payload jsonb)`;
const COLUMNS = ['id', 't', 'd', 'b', 'i', 'at', 'raw', 'numbers', 'texts', 'payload'];

describe('database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await execute(database.dataSource, TYPES);
  });
  afterAll(() => database.close());

  describe('copyRows', () => {
    it('brings every type back as it was, to the last bit and character', async () => {
      const hard = 'tab\t nl\n cr\r bs\\ \\N \\. quote" {a,b} \u{1F600}';
      const rows = [
        [
          1,
          hard,
          0.1 + 0.2,
          true,
          9_007_199_254_740_993n,
          new Date(1_234_567_890_123),
          new Uint8Array([0, 92, 255]),
          [1e-310, null, NaN, -Infinity],
          [hard, 'NULL', ''],
          { json: { hard } },
        ],
        [2, null, -0, false, null, null, null, new Float64Array([5e-324, Number.MAX_VALUE]), null, null],
      ] as const;
      expect(await copyRows(database.dataSource, 'every_type', COLUMNS, rows)).toBe(2);
      const [first, second] = await selectRows<Record<string, unknown>>(
        database.dataSource,
        'select * from every_type order by id',
      );
      expect(first).toEqual({
        id: 1,
        t: hard,
        d: 0.1 + 0.2,
        b: true,
        i: '9007199254740993',
        at: new Date(1_234_567_890_123),
        raw: Buffer.from([0, 92, 255]),
        numbers: [1e-310, null, NaN, -Infinity],
        texts: [hard, 'NULL', ''],
        payload: { hard },
      });
      expect(Object.is(second?.d, -0)).toBe(true);
      expect(second?.numbers).toEqual([5e-324, Number.MAX_VALUE]);
    });

    it('writes all rows or none', async () => {
      const rows = Array.from({ length: 5_000 }, (_, index) => [index === 4_999 ? 100 : index + 100, 'x'.repeat(50)]);
      await expect(copyRows(database.dataSource, 'every_type', ['id', 't'], rows)).rejects.toMatchObject({
        code: '23505',
      });
      expect(await selectOne(database.dataSource, 'select count(*)::int as n from every_type where id >= 100')).toEqual(
        { n: 0 },
      );
    });

    it('joins the transaction it is given', async () => {
      const work = inTransaction(database.dataSource, async (runner) => {
        await copyRows(runner, 'every_type', ['id'], [[50]]);
        expect(await selectRows(runner, 'select id from every_type where id = 50')).toHaveLength(1);
        throw new Error('changed my mind');
      });
      await expect(work).rejects.toThrow('changed my mind');
      expect(await selectRows(database.dataSource, 'select id from every_type where id = 50')).toHaveLength(0);
    });
  });

  describe('sql helpers', () => {
    it('count and return rows whatever the statement is', async () => {
      const { dataSource } = database;
      expect(await selectRows(dataSource, 'insert into every_type (id) values (70), (71) returning id')).toEqual([
        { id: 70 },
        { id: 71 },
      ]);
      expect(await selectRows(dataSource, `update every_type set t = 'x' where id >= 70 returning id`)).toHaveLength(2);
      expect(await execute(dataSource, 'delete from every_type where id in ($1, $2)', [70, 71])).toBe(2);
      expect(await selectOne(dataSource, 'select id from every_type where id = 70')).toBeUndefined();
    });
  });

  describe('inTransaction', () => {
    it('gives the connection back after success and failure alike', async () => {
      for (let round = 0; round < 12; round += 1) {
        await inTransaction(database.dataSource, (runner) => selectRows(runner, 'select 1'));
        await expect(
          inTransaction(database.dataSource, (runner) => selectRows(runner, 'select 1/0')),
        ).rejects.toMatchObject({ code: '22012' });
      }
      expect(await selectOne(database.dataSource, 'select 1 as one')).toEqual({ one: 1 });
    });

    it('says that Postgres went away while it worked', async () => {
      const work = inTransaction(database.dataSource, async (runner) => {
        const pid = await selectOne<{ pid: number }>(runner, 'select pg_backend_pid() as pid');
        await selectRows(database.dataSource, 'select pg_terminate_backend($1)', [pid?.pid]);
        await selectRows(runner, 'select 1');
      });
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(await selectOne(database.dataSource, 'select 1 as one')).toEqual({ one: 1 });
    });
  });
});

describe('schema', () => {
  it('is refused when missing, made by migrate, refused when newer, and can be taken back', async () => {
    const database = await createTestDatabase({ migrated: false });
    const { dataSource } = database;
    const names = migrations.map(({ name }) => name);
    try {
      expect(await pendingMigrations(dataSource)).toEqual(names);
      await expect(assertSchema(dataSource)).rejects.toMatchObject({
        code: 'DATABASE_SCHEMA_OUTDATED',
        details: { pending: names },
      });
      expect(await migrate(dataSource)).toEqual(names);
      expect(await migrate(dataSource)).toEqual([]);
      await assertSchema(dataSource);
      await execute(dataSource, `insert into schema_migrations (timestamp, name) values (9, 'FromTheFuture9')`);
      await expect(assertSchema(dataSource)).rejects.toMatchObject({
        code: 'DATABASE_SCHEMA_UNKNOWN',
        details: { unknown: ['FromTheFuture9'] },
      });
      await execute(dataSource, `delete from schema_migrations where timestamp = 9`);
      for (let applied = names.length; applied > 0; applied -= 1) await dataSource.undoLastMigration();
      const left = `select table_name from information_schema.tables where table_schema = 'public' and table_name <> 'schema_migrations'`;
      expect(await selectRows(dataSource, left)).toEqual([]);
    } finally {
      await database.close();
    }
  });

  it('is migrated once by processes that start together', async () => {
    const database = await createTestDatabase({ migrated: false });
    const others = await Promise.all([1, 2, 3].map(() => openDataSource(database.url, { poolSize: 2 })));
    try {
      const applied = await Promise.all(others.map(migrate));
      expect(applied.flat()).toEqual(migrations.map(({ name }) => name));
    } finally {
      await Promise.all(others.map(closeDataSource));
      await database.close();
    }
  });
});

describe('openDataSource', () => {
  const ROLES = {
    refused_login: 'nologin',
    refused_connection: 'login connection limit 0',
    refused_privilege: 'login',
  };
  const PASSWORD = 'hunter2';
  const suffix = `_${process.pid}`;
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    for (const [role, options] of Object.entries(ROLES))
      await execute(database.dataSource, `create role ${role}${suffix} ${options} password '${PASSWORD}'`);
  });

  afterAll(async () => {
    for (const role of Object.keys(ROLES)) await execute(database.dataSource, `drop role ${role}${suffix}`);
    await database.close();
  });

  function urlWith(changes: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>): string {
    return Object.assign(new URL(database.url), changes).toString();
  }

  /** What a statement with this URL fails with, connecting included. */
  async function failureOf(url: string): Promise<unknown> {
    const opened = await openDataSource(url, { poolSize: 1 }).catch((error: unknown) => error);
    if (!(opened instanceof DataSource)) return opened;
    const failure: unknown = await execute(opened, 'create table public.mine (id integer)').catch(
      (error: unknown) => error,
    );
    await closeDataSource(opened);
    return failure;
  }

  it.each([
    ['a wrong password', { password: PASSWORD }, 'DATABASE_LOGIN_REFUSED', '28P01'],
    ['a role that does not exist', { username: 'nobody', password: PASSWORD }, 'DATABASE_LOGIN_REFUSED', '28P01'],
    ['no password', { password: '' }, 'DATABASE_LOGIN_REFUSED', undefined],
    [
      'a role that may not log in',
      { username: `refused_login${suffix}`, password: PASSWORD },
      'DATABASE_LOGIN_REFUSED',
      '28000',
    ],
    ['a database that does not exist', { pathname: '/nowhere' }, 'DATABASE_UNKNOWN', '3D000'],
    [
      'a role without privileges',
      { username: `refused_privilege${suffix}`, password: PASSWORD },
      'DATABASE_PRIVILEGE_MISSING',
      '42501',
    ],
    [
      'a role whose connections are used up',
      { username: `refused_connection${suffix}`, password: PASSWORD },
      'DATABASE_CONNECTIONS_EXHAUSTED',
      '53300',
    ],
  ])('says what the server refuses: %s', async (_name, changes, code, state) => {
    const failure = await failureOf(urlWith(changes));
    expect(failure).toMatchObject({ code, family: 'operational', details: state === undefined ? {} : { state } });
    expect(JSON.stringify(failure) + String(failure)).not.toContain(PASSWORD);
  });

  it('says that Postgres cannot be reached, without the password', async () => {
    const failure: unknown = await openDataSource('postgresql://a:hunter2@127.0.0.1:1/none').catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('hunter2');
  });
});
