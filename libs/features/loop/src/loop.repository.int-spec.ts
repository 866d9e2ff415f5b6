import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { monitorsSchema, policySchema } from '@tidemark/contracts';
import { execute } from '@tidemark/database';
import { policyHash } from '@tidemark/policy/read';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { LoopRepository } from './loop.repository.js';

describe('the policy of a stored loop', () => {
  const key = { timeline: 'main', agent: 'test_agent' };
  const policy = policySchema.parse({ name: 'stored', minGapBars: 21 });
  let database: TestDatabase;
  let loops: LoopRepository;

  beforeAll(async () => {
    database = await createTestDatabase();
    loops = new LoopRepository(database.dataSource);
    const startedAt = new Date('2020-01-01T00:00:00Z');
    await loops.insert(key, { state: 'ready', policy, monitors: monitorsSchema.parse({}), startedAt });
  });
  afterAll(() => database.close());

  it('comes with the hash it was stored under', async () => {
    expect(await loops.policy(key)).toEqual({ policy, policyHash: policyHash(policy) });
    await execute(database.dataSource, `update agent_loops set policy_hash = 'as stored'`);
    expect(await loops.policy(key)).toEqual({ policy, policyHash: 'as stored' });
  });

  it('is that of the agent and the timeline asked for', async () => {
    expect(await loops.policy({ ...key, timeline: 'other' })).toBeUndefined();
    expect(await loops.policy({ ...key, agent: 'other' })).toBeUndefined();
  });
});
