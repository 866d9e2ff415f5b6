import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute } from '@tidemark/database';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { RunRepository } from './run.repository.js';

const AGENT = 'trained';

describe('configurations tried', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await execute(database.dataSource, `insert into timelines (id, created_at) values ('other', now())`);
  });
  afterAll(() => database.close());

  it('add up over the runs of the timelines asked for, by default the current one', async () => {
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
    const runs = new RunRepository(database.dataSource);
    expect(await runs.configurationsTried(AGENT)).toBe(6);
    expect(await runs.configurationsTried(AGENT, ['main', 'other'])).toBe(26);
    expect(await runs.configurationsTried(AGENT, ['nowhere'])).toBe(0);
  });
});
