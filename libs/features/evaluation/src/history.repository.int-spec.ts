import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute } from '@tidemark/database';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { HistoryRepository } from './history.repository.js';

const AGENT = 'watched';

describe('HistoryRepository', () => {
  let database: TestDatabase;
  let history: HistoryRepository;

  beforeAll(async () => {
    database = await createTestDatabase();
    history = new HistoryRepository(database.dataSource);
    await execute(database.dataSource, `insert into timelines (id, created_at) values ('other', now())`);
  });
  afterAll(() => database.close());

  async function monitor(name: string, subject: string, speaksFrom: string | null): Promise<void> {
    await execute(
      database.dataSource,
      `insert into monitor_state (timeline_id, agent, monitor, subject, phase, streak, speaks_from)
       values ('main', $1, $2, $3, 'ok', 0, $4)`,
      [AGENT, name, subject, speaksFrom],
    );
  }

  it('says from which bar each monitor could speak, over its subjects', async () => {
    await monitor('features', 'ret_1', '2005-01-03T00:00:00Z');
    await monitor('features', 'ret_5', '2005-02-01T00:00:00Z');
    await monitor('loss', 'model', '2004-04-01T00:00:00Z');
    await monitor('predictions', 'probability', '2006-01-02T00:00:00Z');
    await monitor('predictions', 'late', null);
    await monitor('volume', 'model', null);
    expect(await history.monitors('main', AGENT)).toEqual([
      {
        ...{ monitor: 'features', subjects: 2, silent: 0 },
        ...{ from: '2005-01-03T00:00:00.000Z', allFrom: '2005-02-01T00:00:00.000Z' },
      },
      {
        ...{ monitor: 'loss', subjects: 1, silent: 0 },
        ...{ from: '2004-04-01T00:00:00.000Z', allFrom: '2004-04-01T00:00:00.000Z' },
      },
      { monitor: 'predictions', subjects: 2, silent: 1, from: '2006-01-02T00:00:00.000Z' },
      { monitor: 'volume', subjects: 1, silent: 1 },
    ]);
  });

  it('reads drift as multiples of its limit, where there was one', async () => {
    const metric = (day: number, value: number | null, limit: number | null, status: string): Promise<number> =>
      execute(
        database.dataSource,
        `insert into drift_metrics (timeline_id, agent, monitor, subject, as_of, statistic, value, limit_value, status, pairs,
           window_bars, reference_bars) values ('main', $1, 'features', 'ret_1', $2, 'ks', $3, $4, $5, 20, 63, 250)`,
        [AGENT, new Date(Date.UTC(2005, 0, day)), value, limit, status],
      );
    await metric(3, 0.1, 0.2, 'ok');
    await metric(4, 0.3, 0.2, 'warning');
    await metric(5, 0.3, null, 'insufficient');
    await metric(6, null, 0.2, 'degenerate');
    expect((await history.drift('main', AGENT)).map(({ ratio }) => Number(ratio.toFixed(6)))).toEqual([0.5, 1.5]);
  });

  it('adds up the configurations of the timelines asked for', async () => {
    const job = randomUUID();
    await execute(
      database.dataSource,
      `insert into job_run (id, kind, agent, payload, state, max_attempts, created_at) values ($1, 'train', $2, '{}', 'succeeded', 1, now())`,
      [job, AGENT],
    );
    const run = (timeline: string, agent: string, tried: number): Promise<number> =>
      execute(
        database.dataSource,
        `insert into model_runs (id, job_id, timeline_id, agent, family, state, seed, params, configurations_tried, data_hash,
           as_of, started_at) values ($1, $2, $3, $4, 'logistic', 'succeeded', 1, '{}', $5, '', now(), now())`,
        [randomUUID(), job, timeline, agent, tried],
      );
    await run('main', AGENT, 5);
    await run('main', AGENT, 1);
    await run('main', 'someone_else', 100);
    await run('other', AGENT, 20);
    expect(await history.configurationsTried(['main'], AGENT)).toBe(6);
    expect(await history.configurationsTried(['main', 'other'], AGENT)).toBe(26);
    expect(await history.configurationsTried(['nowhere'], AGENT)).toBe(0);
  });

  it('reads decisions that asked for something, with what they were about', async () => {
    const decide = (day: number, kind: string, action: string, result: object): Promise<number> =>
      execute(
        database.dataSource,
        `insert into decisions (id, timeline_id, agent, kind, slot_at, as_of, action, reason, context, context_sha256, policy_hash,
           result, code_version, at) values ($1, 'main', $2, $3, $4, $4, $5, 'why', '{}', '', '', $6, '', now())`,
        [randomUUID(), AGENT, kind, new Date(Date.UTC(2005, 0, day)), action, JSON.stringify(result)],
      );
    await decide(4, 'candidate', 'promote', { target: { version: '1.0.0' } });
    await decide(4, 'slot', 'retrain', { mode: 'refit' });
    await decide(3, 'slot', 'none', {});
    expect(await history.decisions('main', AGENT)).toMatchObject([
      { action: 'retrain', mode: 'refit', reason: 'why' },
      { action: 'promote', version: '1.0.0' },
    ]);
    expect(await history.loop('main', AGENT)).toBeUndefined();
  });
});
