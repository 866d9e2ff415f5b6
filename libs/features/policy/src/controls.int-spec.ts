import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog } from '@tidemark/config';
import { execute } from '@tidemark/database';
import { inWorld, notFound } from '@tidemark/kernel';
import type { VersionCatalog } from '@tidemark/registry/read';
import { createLogger } from '@tidemark/telemetry';
import { buildAgent, createTestDatabase, stepClock, type TestDatabase } from '@tidemark/testing';
import { ControlRepository } from './control.repository.js';
import { ControlsService } from './controls.service.js';
import { ControlsController } from './http/controls.controller.js';
import { PREVIOUS, SERVING } from './testing/contexts.js';

const AGENT = 'test_agent';

describe('controls', () => {
  const clock = stepClock();
  let database: TestDatabase;
  let reader: ControlRepository;
  let http: ControlsController;

  beforeAll(async () => {
    database = await createTestDatabase();
    reader = new ControlRepository(database.dataSource, clock);
    const agents = new AgentCatalog([{ agent: buildAgent(), file: '/test_agent.yaml', yaml: '', hash: '' }]);
    const version = async (_: string, ref: string): Promise<{ version: string }> => {
      if (ref === '3') return { version: '1.1.0' };
      throw notFound('VERSION_UNKNOWN', `There is no version ${ref}.`);
    };
    const logger = createLogger({ logLevel: 'fatal' }, { process: 'api' });
    const catalog = { version } as unknown as VersionCatalog;
    http = new ControlsController(new ControlsService(agents, reader, catalog, logger));
    await execute(database.dataSource, `insert into timelines (id, created_at) values ('replay-1', now())`);
  });
  beforeEach(() => database.dataSource.query('truncate agent_controls, version_latches'));
  afterAll(() => database.close());

  it('says nothing of an agent that nobody touched', async () => {
    expect(await reader.of(AGENT)).toEqual({ latched: [] });
    expect(await http.view(AGENT, {})).toEqual({ timeline: 'main', agent: AGENT, latches: [] });
  });

  it('freezes and pins, each by itself, from the next decision on', async () => {
    const at = clock.now().toISOString();
    await http.freeze(AGENT, { reason: 'audit' }, 'night desk');
    const both = await http.pin(AGENT, { version: '3' }, 'night desk');
    expect(both).toMatchObject({
      frozen: { reason: 'audit', by: 'night desk', at },
      pinned: { version: '1.1.0', by: 'night desk', at },
    });
    expect(await reader.of(AGENT)).toEqual({ frozen: 'audit', pinned: '1.1.0', latched: [] });
    await http.freeze(AGENT, { reason: 'audit goes on' }, 'trader');
    expect((await http.unpin(AGENT, 'trader')).frozen).toMatchObject({ reason: 'audit goes on', by: 'trader' });
    expect(await reader.of(AGENT)).toEqual({ frozen: 'audit goes on', latched: [] });
    for (let time = 0; time < 2; time += 1) {
      expect(await http.unfreeze(AGENT, 'trader')).toEqual({ timeline: 'main', agent: AGENT, latches: [] });
    }
  });

  it('latches an artifact once, and releases it by its first digits', async () => {
    await reader.latch(AGENT, SERVING, 'loss alarm');
    await reader.latch(AGENT, SERVING, 'again');
    await reader.latch(AGENT, PREVIOUS, 'loss alarm');
    expect((await reader.of(AGENT)).latched).toEqual([PREVIOUS.artifactSha256, SERVING.artifactSha256]);
    const left = await http.release(AGENT, SERVING.artifactSha256.slice(0, 8), 'trader');
    expect(left.latches).toEqual([
      {
        artifactSha256: PREVIOUS.artifactSha256,
        version: '1.0.0',
        reason: 'loss alarm',
        latchedAt: clock.now().toISOString(),
      },
    ]);
    await expect(http.release(AGENT, SERVING.artifactSha256, 'trader')).rejects.toMatchObject({
      code: 'LATCH_UNKNOWN',
      status: 404,
    });
    const twin = { ...PREVIOUS, artifactSha256: `${PREVIOUS.artifactSha256.slice(0, 60)}ffff` };
    await reader.latch(AGENT, twin, 'loss alarm');
    await expect(http.release(AGENT, '22222222', 'trader')).rejects.toMatchObject({
      code: 'LATCH_AMBIGUOUS',
      status: 409,
    });
    await http.release(AGENT, twin.artifactSha256, 'trader');
    expect((await reader.of(AGENT)).latched).toEqual([PREVIOUS.artifactSha256]);
  });

  it('keeps timelines apart', async () => {
    const world = { timeline: 'replay-1', clock };
    await http.freeze(AGENT, { reason: 'audit' }, 'trader');
    await inWorld(world, () => reader.latch(AGENT, SERVING, 'loss alarm'));
    expect(await inWorld(world, () => reader.of(AGENT))).toEqual({ latched: [SERVING.artifactSha256] });
    expect(await reader.of(AGENT)).toEqual({ frozen: 'audit', latched: [] });
    expect(await http.view(AGENT, { timeline: 'replay-1' })).toMatchObject({ latches: [{ version: '1.1.0' }] });
  });

  it('knows neither other agents nor other versions', async () => {
    await expect(http.freeze('stranger', { reason: 'audit' }, 'x')).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
    await expect(http.pin(AGENT, { version: '9' }, 'x')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });
});
