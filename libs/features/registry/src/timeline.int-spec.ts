import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@tidemark/config';
import type { ModelVersion } from '@tidemark/contracts';
import { execute, listen, selectRows } from '@tidemark/database';
import { currentTimeline, inWorld, liveTimeline } from '@tidemark/kernel';
import { silentLogger } from '@tidemark/telemetry';
import { eventually, stepClock } from '@tidemark/testing';
import { LiveTimelineWatcher } from './live-timeline.watcher.js';
import { PRODUCTION_CHANNEL, toVersionFacts } from './read/index.js';
import { RegistryFixture, buildGate } from './testing/registry-fixture.js';

const MODEL = 'test_agent';

describe('TimelineService', () => {
  let registry: RegistryFixture;

  beforeAll(async () => {
    registry = await RegistryFixture.start(['base_rate', 'logistic']);
  });
  beforeEach(async () => {
    await registry.empty();
    await registry.timelines.live();
  });
  afterAll(() => registry.close());

  const promote = (version: string, timeline: string) =>
    registry.promotion.promote({ model: MODEL, version, timeline, actor: 'test' });
  /** A timeline with the baseline and a version that passed its gate. */
  const replay = async (timeline: string, purpose: 'replay' | 'comparison' = 'replay'): Promise<ModelVersion> => {
    await registry.timelines.create(timeline, purpose);
    const baseline = await registry.register('base_rate', { timeline });
    await promote('1', timeline);
    const version = await registry.register('logistic', { timeline, gate: buildGate(baseline, true) });
    await promote('2', timeline);
    return version;
  };
  /** `main` with the baseline in its third generation. */
  const servedMain = async (): Promise<void> => {
    const baseline = await registry.register('base_rate');
    await promote('1', 'main');
    await registry.register('logistic', { gate: buildGate(baseline, true) });
    await promote('2', 'main');
    await registry.promotion.rollback({ model: MODEL, timeline: 'main', actor: 'test' });
  };
  const setLoop = (timeline: string, state: string, code?: string): Promise<number> =>
    execute(
      registry.database.dataSource,
      `insert into agent_loops (timeline_id, agent, state, policy, policy_hash, monitors, started_at, halted_code)
       values ($1, $2, $3, '{"name": "default"}', 'h', '{}', now(), $4)
       on conflict (timeline_id, agent) do update set state = excluded.state, halted_code = excluded.halted_code`,
      [timeline, MODEL, state, code ?? null],
    );
  const counts = async (): Promise<unknown> =>
    selectRows(
      registry.database.dataSource,
      `select (select count(*)::int from model_versions) as versions, (select count(*)::int from model_deployments) as deployments`,
    );

  it('tells whether a timeline has versions of any model', async () => {
    const { catalog, timelines } = registry;
    await timelines.create('replay-7', 'replay');
    await registry.register('base_rate', { timeline: 'replay-7' });
    expect([await catalog.hasVersions('replay-7'), await catalog.hasVersions('main')]).toEqual([true, false]);
    expect(await catalog.hasVersions()).toBe(false);
  });

  it('knows main as the live one, makes others once, and numbers replays', async () => {
    const { timelines } = registry;
    expect(await timelines.nextReplayId()).toBe('replay-1');
    await timelines.create('replay-1', 'replay', 'first try');
    await timelines.create('replay-1', 'replay');
    await timelines.create('main', 'live');
    await timelines.create('replay-1-ungated', 'comparison');
    await expect(timelines.create('replay-1', 'comparison')).rejects.toMatchObject({ code: 'TIMELINE_EXISTS' });
    expect(await timelines.nextReplayId()).toBe('replay-2');
    await setLoop('replay-1', 'halted', 'FIT_TIMEOUT');
    const listed = await timelines.list();
    expect(listed.find(({ id }) => id === 'main')).toMatchObject({ purpose: 'live', isLive: true, loops: [] });
    expect(listed.find(({ id }) => id === 'replay-1')).toMatchObject({
      purpose: 'replay',
      isLive: false,
      note: 'first try',
      loops: [{ agent: MODEL, state: 'halted', policy: 'default', halted: { code: 'FIT_TIMEOUT' } }],
    });
    expect(await timelines.loop(MODEL, 'replay-1')).toMatchObject({ state: 'halted' });
    expect(await timelines.loop(MODEL)).toBeUndefined();
    const world = { timeline: 'replay-1', clock: stepClock() };
    expect(await inWorld(world, () => timelines.loop(MODEL))).toBeDefined();
  });

  it('leaves live alone until a timeline is adopted; then it serves in a higher generation, and nothing is copied', async () => {
    await servedMain();
    const version = await replay('replay-1');
    const before = await counts();
    expect(await registry.catalog.production(MODEL)).toMatchObject({
      version: '0.1.0',
      generation: 3,
      timeline: 'main',
    });
    const heard: string[] = [];
    const { url } = registry.database;
    const subscription = await listen(url, PRODUCTION_CHANNEL, (payload) => heard.push(payload ?? ''));
    const adoption = await registry.timelines.adopt('replay-1', 'desk');
    expect(adoption).toMatchObject({
      timeline: 'replay-1',
      before: 'main',
      deployments: [{ model: MODEL, version: version.version, generation: 4, action: 'adopt', actor: 'desk' }],
      unserved: [],
    });
    expect(liveTimeline()).toBe('replay-1');
    expect(await registry.catalog.production(MODEL)).toMatchObject({ id: version.id, generation: 4 });
    expect(await registry.catalog.previous(MODEL)).toMatchObject({ sequence: 1, timeline: 'replay-1' });
    const [{ versions, deployments }] = before as [{ versions: number; deployments: number }];
    expect(await counts()).toEqual([{ versions, deployments: deployments + 1 }]);
    await eventually(() => heard.length === 2);
    expect(heard.map((payload): unknown => JSON.parse(payload))).toEqual([
      { timeline: 'replay-1', model: MODEL, generation: 4 },
      { timeline: 'replay-1' },
    ]);
    await subscription.close();
    expect(await registry.timelines.adopt('replay-1', 'desk')).toMatchObject({ before: 'replay-1', deployments: [] });
  });

  it('goes back to the timeline before, and forth again, generations rising', async () => {
    await expect(registry.timelines.undo('desk')).rejects.toMatchObject({ code: 'ADOPT_NOTHING_BEFORE' });
    await servedMain();
    await replay('replay-1');
    await registry.timelines.adopt('replay-1', 'desk');
    expect(await registry.timelines.undo('desk')).toMatchObject({
      timeline: 'main',
      before: 'replay-1',
      deployments: [{ version: '0.1.0', generation: 5, action: 'adopt' }],
    });
    expect(await registry.catalog.production(MODEL)).toMatchObject({ timeline: 'main', generation: 5 });
    expect(await registry.timelines.undo('desk')).toMatchObject({
      timeline: 'replay-1',
      deployments: [{ generation: 6 }],
    });
    const moves = await selectRows(
      registry.database.dataSource,
      'select move, timeline_id, actor from live_pointer order by move',
    );
    expect(moves.slice(1)).toEqual(
      ['replay-1', 'main', 'replay-1'].map((timeline_id, index) => ({ move: index + 2, timeline_id, actor: 'desk' })),
    );
  });

  it('names the models that are served no more', async () => {
    await servedMain();
    await registry.register('base_rate', { model: 'other' });
    await registry.promotion.promote({ model: 'other', version: '1', actor: 'test' });
    await replay('replay-1');
    expect((await registry.timelines.adopt('replay-1', 'desk')).unserved).toEqual(['other']);
  });

  it('refuses what must not serve', async () => {
    await servedMain();
    const adopt = (id: string) => registry.timelines.adopt(id, 'desk');
    await expect(adopt('replay-9')).rejects.toMatchObject({ code: 'TIMELINE_UNKNOWN', status: 404 });
    await replay('compared', 'comparison');
    await expect(adopt('compared')).rejects.toMatchObject({ code: 'TIMELINE_IS_COMPARISON', status: 409 });
    await registry.timelines.create('replay-1', 'replay');
    await expect(adopt('replay-1')).rejects.toMatchObject({ code: 'TIMELINE_EMPTY' });
    await replay('replay-2');
    for (const state of ['replaying', 'halted']) {
      await setLoop('replay-2', state);
      await expect(adopt('replay-2')).rejects.toMatchObject({ code: 'TIMELINE_NOT_READY', details: { state } });
    }
    await setLoop('replay-2', 'ready');
    expect(await adopt('replay-2')).toMatchObject({ before: 'main' });
  });

  it('refuses a replay in which a version has served without a gate', async () => {
    await servedMain();
    const { incumbent: _, ...none } = { ...buildGate(await replay('replay-1'), false), rule: 'none' as const };
    await registry.register('logistic', { timeline: 'replay-1', gate: none });
    await promote('3', 'replay-1');
    await registry.promotion.rollback({ model: MODEL, timeline: 'replay-1', actor: 'test' });
    await expect(registry.timelines.adopt('replay-1', 'desk')).rejects.toMatchObject({ code: 'GATE_NONE_ON_LIVE' });
    expect(await registry.catalog.production(MODEL)).toMatchObject({ timeline: 'main' });
  });

  it('moves once when two adopt at the same time', async () => {
    await servedMain();
    await replay('replay-1');
    const adoptions = await Promise.all([
      registry.timelines.adopt('replay-1', 'a'),
      registry.timelines.adopt('replay-1', 'b'),
    ]);
    expect(adoptions.map(({ before }) => before).sort()).toEqual(['main', 'replay-1']);
  });

  it('keeps a process on the live timeline, whoever moves it', async () => {
    const config = loadConfig({ DATABASE_URL: registry.database.url });
    const watcher = new LiveTimelineWatcher(registry.timelines, config, silentLogger());
    await watcher.onModuleInit();
    expect(currentTimeline()).toBe('main');
    await registry.timelines.create('replay-1', 'replay');
    const { dataSource } = registry.database;
    await execute(dataSource, `insert into live_pointer values (2, 'replay-1', 'another process', now())`);
    await eventually(() => currentTimeline() === 'replay-1', { timeoutMs: 3_000 });
    await watcher.beforeApplicationShutdown();
  });

  it('tells a version as a decision sees it', async () => {
    const [first, second] = [await registry.register('base_rate'), await registry.register('logistic')];
    expect(toVersionFacts(first)).toEqual({
      version: '0.1.0',
      sequence: 1,
      family: 'base_rate',
      artifactSha256: first.artifactSha256,
      isBaseline: true,
    });
    expect(toVersionFacts(second)).toMatchObject({ sequence: 2, isBaseline: false });
  });
});
