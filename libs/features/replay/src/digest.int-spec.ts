import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute, selectRows } from '@tidemark/database';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { DIGEST_TABLES } from './digest-tables.js';
import { DigestRepository } from './digest.repository.js';
import { DigestService } from './digest.service.js';

const AGENT = 'test_agent';

describe('digest', () => {
  let database: TestDatabase;
  let digests: DigestService;

  const run = (sql: string, parameters: unknown[] = []): Promise<number> =>
    execute(database.dataSource, sql, parameters);
  const of = async (timeline: string, until = '2004-02-01T00:00:00Z'): Promise<string> =>
    (await digests.of({ timeline, agent: AGENT, until: new Date(until) })).sha256;

  /** A timeline with a loop that has done nothing yet. */
  async function began(timeline: string): Promise<void> {
    await run(`insert into timelines (id, created_at) values ($1, now())`, [timeline]);
    await run(
      `insert into agent_loops (timeline_id, agent, state, policy, policy_hash, monitors, started_at)
       values ($1, $2, 'replaying', '{}', '', '{}', '2004-01-01')`,
      [timeline, AGENT],
    );
  }

  /** One outcome, one alert, one slot. */
  async function history(timeline: string): Promise<void> {
    await began(timeline);
    await run(
      `insert into outcomes values ($1, $2, '2004-01-05', 1, 0.1, '2004-01-12', '2004-01-13'), ($1, $2, '2004-01-06', 1, 1, '2004-01-13', '2004-03-01')`,
      [timeline, AGENT],
    );
    await run(
      `insert into alerts (id, timeline_id, agent, kind, severity, monitor, subject, state, message, opened_as_of, opened_at,
         resolved_as_of, resolved_at, resolved_by)
       values (gen_random_uuid(), $1, $2, 'DRIFT', 'low', 'features', 'ret_1', 'resolved', 'drift', '2004-01-05', '2004-01-06',
         '2004-02-10', '2004-02-11', 'monitor')`,
      [timeline, AGENT],
    );
    await run(
      `insert into schedule_slot values ($1, $2, 'drift', '2004-01-06', 'done', null, '1 bar'), ($1, $2, 'drift', '2004-03-06', 'done', null, '1 bar')`,
      [timeline, AGENT],
    );
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    digests = new DigestService(new DigestRepository(database.dataSource));
    for (const timeline of ['one', 'two']) await history(timeline);
  });
  afterAll(() => database.close());

  it('names columns that exist, and none twice', async () => {
    const columns = await selectRows<{ name: string }>(
      database.dataSource,
      `select table_name || '.' || column_name as name from information_schema.columns where table_schema = current_schema()`,
    );
    const known = new Set(columns.map(({ name }) => name));
    for (const { table, excluded, expressions = {}, key } of DIGEST_TABLES) {
      const own = [...Object.keys(excluded), ...key].map((name) => `${table}.${name}`);
      expect(own.filter((name) => !known.has(name))).toEqual([]);
      expect(Object.keys(expressions).filter((name) => name in excluded)).toEqual([]);
      expect(Object.values(excluded)).not.toContain('');
    }
  });

  it('is the same for the same history, whatever timeline, ids and order of insertion', async () => {
    expect(await of('one')).toBe(await of('two'));
    await began('three');
    await run(
      `insert into schedule_slot select 'three', agent, schedule, slot_at, state, gen_random_uuid(), outcome from schedule_slot where timeline_id = 'one' order by slot_at desc`,
    );
    await run(
      `insert into outcomes select 'three', agent, as_of, revision, value, label_end, known_at from outcomes where timeline_id = 'one' order by as_of desc`,
    );
    await run(
      `insert into alerts (id, timeline_id, agent, kind, severity, monitor, subject, state, message, opened_as_of, opened_at, note)
       select gen_random_uuid(), 'three', agent, kind, 'high', monitor, subject, 'firing', message, opened_as_of, opened_at, 'seen'
       from alerts where timeline_id = 'one'`,
    );
    // The resolution of the other alert lies after the instant.
    expect(await of('three')).toBe(await of('one'));
    expect(await of('three', '2004-02-20T00:00:00Z')).not.toBe(await of('one', '2004-02-20T00:00:00Z'));
  });

  it('changes with a value, to the last bit', async () => {
    const before = await of('two');
    await run(`update outcomes set value = 0.10000000000000002 where timeline_id = 'two' and value = 0.1`);
    expect(await of('two')).not.toBe(before);
    await run(`update outcomes set value = 0.1 where timeline_id = 'two' and revision = 1 and value < 0.5`);
    expect(await of('two')).toBe(before);
  });

  it('leaves out what came later', async () => {
    const { tables } = await digests.of({ timeline: 'one', agent: AGENT, until: new Date('2004-02-01T00:00:00Z') });
    const rows = Object.fromEntries(tables.map(({ table, rows: count }) => [table, count]));
    expect(rows).toMatchObject({ outcomes: 1, alerts: 1, schedule_slot: 1 });
  });

  it('is of the loop so far unless told until when', async () => {
    await began('begun');
    expect(await digests.of({ timeline: 'begun', agent: AGENT })).toMatchObject({ until: '2004-01-01T00:00:00.000Z' });
  });

  it('does not know an agent without a loop, whatever the instant: a name that was misspelt has no digest', async () => {
    const until = new Date('2004-02-01T00:00:00Z');
    for (const key of [
      { timeline: 'one', agent: 'stranger' },
      { timeline: 'onne', agent: AGENT },
      { timeline: 'onne', agent: AGENT, until },
    ]) {
      await expect(digests.of(key)).rejects.toMatchObject({ code: 'LOOP_MISSING', status: 404 });
    }
  });
});
