import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { GateEvidence, ModelVersion } from '@tidemark/contracts';
import { execute, inTransaction, listen, selectRows, violatedConstraint } from '@tidemark/database';
import { inWorld } from '@tidemark/kernel';
import { eventually, stepClock } from '@tidemark/testing';
import { PRODUCTION_CHANNEL, type Promotion } from './read/index.js';
import { RegistryFixture, buildGate } from './testing/registry-fixture.js';

const KEY = { timeline: 'main', model: 'test_agent' };

describe('PromotionService', () => {
  let registry: RegistryFixture;
  let baseline: ModelVersion;

  beforeAll(async () => {
    registry = await RegistryFixture.start(['base_rate', 'logistic', 'gbdt'], { poolSize: 20 });
  });
  beforeEach(async () => {
    await registry.empty();
    baseline = await registry.register('base_rate');
  });
  afterAll(() => registry.close());

  const promote = (version: string, extra: Partial<Promotion> = {}) =>
    registry.promotion.promote({ model: 'test_agent', version, actor: 'trader', ...extra });
  const stages = async (): Promise<Record<string, string>> => {
    const rows = await registry.versions.page(KEY, 100);
    return Object.fromEntries(rows.map(({ sequence, stage }) => [String(sequence), stage]));
  };

  it('puts the first version into Production without a gate', async () => {
    expect(await promote('0.1.0')).toMatchObject({
      action: 'baseline',
      generation: 1,
      version: '0.1.0',
      actor: 'trader',
    });
    expect(await registry.catalog.production('test_agent')).toMatchObject({ id: baseline.id, generation: 1 });
    expect(await registry.models.get(KEY)).toEqual({
      name: 'test_agent',
      task: 'direction',
      versions: 1,
      production: { version: '0.1.0', sequence: 1, generation: 1 },
    });
  });

  it('changes nothing when the version is there already', async () => {
    const first = await promote('1');
    expect(await promote('0.1.0')).toEqual(first);
  });

  it('refuses a version without a gate, with a failed one, and with one against another incumbent', async () => {
    await promote('1');
    await registry.register('logistic');
    await registry.register('logistic', { gate: buildGate(baseline, false) });
    const passed = await registry.register('logistic', { gate: buildGate(baseline, true) });
    const stale = await registry.register('gbdt', { gate: buildGate(baseline, true) });
    for (const sequence of ['2', '3']) {
      await expect(promote(sequence)).rejects.toMatchObject({ code: 'GATE_NOT_PASSED', status: 409 });
    }
    expect(await promote(passed.version)).toMatchObject({ generation: 2, action: 'promote' });
    await expect(promote(stale.version)).rejects.toMatchObject({ code: 'GATE_NOT_PASSED' });
    expect(await stages()).toEqual({ 1: 'Archived', 2: 'None', 3: 'None', 4: 'Production', 5: 'None' });
  });

  it('stores and shows the reason of an override', async () => {
    await promote('1');
    await registry.register('logistic');
    const override = 'desk asked for a trial';
    expect(await promote('2', { override })).toMatchObject({ reason: override, generation: 2 });
    const version = await registry.catalog.version('test_agent', '2');
    expect(version.override).toEqual({ reason: override, actor: 'trader', at: '2020-01-01T00:00:00.000Z' });
    expect(version.stage).toBe('Production');
  });

  it('does not call it an override when the gate was passed', async () => {
    await promote('1');
    await registry.register('logistic', { gate: buildGate(baseline, true) });
    await promote('2', { override: 'just to be sure' });
    expect((await registry.catalog.version('test_agent', '2')).override).toBeUndefined();
  });

  it('goes back to the version before, and on repetition forth again', async () => {
    await promote('1');
    await registry.register('logistic', { gate: buildGate(baseline, true) });
    await promote('2');
    const rollback = () => registry.promotion.rollback({ model: 'test_agent', actor: 'night desk', reason: 'losses' });
    expect(await rollback()).toMatchObject({ version: '0.1.0', generation: 3, action: 'rollback', reason: 'losses' });
    expect(await rollback()).toMatchObject({ sequence: 2, generation: 4 });
    expect(await stages()).toEqual({ 1: 'Archived', 2: 'Production' });
  });

  it('goes back to a named version that has served, to no other', async () => {
    const to = (version: string) => registry.promotion.rollback({ model: 'test_agent', actor: 'trader', version });
    await expect(to('1')).rejects.toMatchObject({ code: 'ROLLBACK_NOTHING_BEFORE', status: 409 });
    await promote('1');
    for (let count = 0; count < 3; count += 1) await registry.register('logistic');
    await promote('2', { override: 'trial' });
    await promote('3', { override: 'trial' });
    expect(await to('1')).toMatchObject({ version: '0.1.0', generation: 4 });
    expect(await to('1')).toMatchObject({ generation: 4 });
    await expect(to('4')).rejects.toMatchObject({ code: 'ROLLBACK_NEVER_SERVED', status: 409 });
    await expect(to('77')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN', status: 404 });
  });

  it('has nothing to go back to when one version has served', async () => {
    await promote('1');
    const rollback = registry.promotion.rollback({ model: 'test_agent', actor: 'trader' });
    await expect(rollback).rejects.toMatchObject({ code: 'ROLLBACK_NOTHING_BEFORE' });
  });

  it('does not know other models', async () => {
    const stranger = registry.promotion.promote({ model: 'stranger', version: '1', actor: 'trader' });
    await expect(stranger).rejects.toMatchObject({ code: 'MODEL_UNKNOWN', status: 404 });
  });

  it('moves versions between the other stages, never the one that serves', async () => {
    await promote('1');
    await registry.register('logistic');
    await registry.promotion.setStage(KEY, '2', 'Staging');
    expect(await stages()).toEqual({ 1: 'Production', 2: 'Staging' });
    const archived = registry.promotion.setStage(KEY, '1', 'Archived');
    await expect(archived).rejects.toMatchObject({ code: 'VERSION_IN_PRODUCTION', status: 409 });
  });

  it('logs agent, version, metrics and what happened to the version', async () => {
    const candidate = await registry.register('logistic', { gate: buildGate(baseline, true) });
    await promote('1');
    await promote('2');
    await registry.promotion.setStage(KEY, '1', 'Staging');
    const ours = { agent: 'test_agent', modelVersion: '1.0.0' };
    expect(registry.lines.slice(-4)).toMatchObject([
      { ...ours, metrics: candidate.metrics, gate: candidate.gate!.reason, deployment: 'registered' },
      { modelVersion: '0.1.0', generation: 1, deployment: 'baseline' },
      { ...ours, generation: 2, actor: 'trader', deployment: 'promote' },
      { agent: 'test_agent', modelVersion: '0.1.0', deployment: 'Staging' },
    ]);
  });

  it('shows one Production at every instant of fifty concurrent promotions, generations rising by one', async () => {
    await promote('1');
    for (let count = 0; count < 4; count += 1) await registry.register('logistic');
    let isOver = false;
    const counts = new Set<number>();
    const watch = async (): Promise<void> => {
      while (!isOver) {
        const [row] = await selectRows<{ count: number }>(
          registry.database.dataSource,
          `select count(*)::int as count from model_versions where stage = 'Production'`,
        );
        counts.add(row!.count);
      }
    };
    const watchers = [watch(), watch()];
    const wishes = Array.from({ length: 50 }, (_, index) =>
      promote(String((index % 5) + 1), { override: 'trial run' }),
    );
    await Promise.all(wishes);
    isOver = true;
    await Promise.all(watchers);
    expect([...counts]).toEqual([1]);
    const history = await registry.deployments.page(KEY, 100);
    expect(history.map(({ generation }) => generation)).toEqual(history.map((_, index) => history.length - index));
    const production = await registry.catalog.production('test_agent');
    expect(production).toMatchObject({ generation: history.length, stage: 'Production' });
  });

  it('is held to one Production by the database itself', async () => {
    await promote('1');
    await registry.register('logistic');
    const second = execute(
      registry.database.dataSource,
      `update model_versions set stage = 'Production' where sequence = 2`,
    );
    const error: unknown = await second.catch((thrown: unknown) => thrown);
    expect(violatedConstraint(error)).toBe('uq_model_versions_production');
  });

  it('tells the serving processes when the change is committed, and not when it is rolled back', async () => {
    const heard: string[] = [];
    const subscription = await listen(registry.database.url, PRODUCTION_CHANNEL, (payload) =>
      heard.push(payload ?? ''),
    );
    const fails = inTransaction(registry.database.dataSource, async (runner) => {
      const change = { versionId: baseline.id, action: 'baseline' as const, actor: 'trader', at: registry.clock.now() };
      await registry.deployments.add(runner, KEY, change);
      throw new Error('rolled back');
    });
    await expect(fails).rejects.toThrow('rolled back');
    await promote('1');
    await eventually(() => heard.length > 0);
    expect(heard.map((payload): unknown => JSON.parse(payload))).toEqual([{ ...KEY, generation: 1 }]);
    await subscription.close();
  });

  it('pages models by name', async () => {
    const { dataSource } = registry.database;
    await execute(dataSource, `insert into models values ('alpha', 'direction', now()), ('zulu', 'volatility', now())`);
    expect((await registry.models.page('main', 1)).map(({ name }) => name)).toEqual(['alpha', 'test_agent']);
    expect((await registry.models.page('main', 5, 'test_agent')).map(({ name }) => name)).toEqual(['zulu']);
    expect(await registry.catalog.generations()).toEqual(new Map());
  });

  it('promotes without a gate on a timeline that does not serve, and nowhere else', async () => {
    await registry.timelines.create('ungated', 'comparison');
    await promote('1');
    const gate: GateEvidence = { rule: 'none', passed: true, reason: 'none asked for', bars: 0, loss: 'log_loss' };
    await registry.register('logistic', { gate });
    await expect(promote('2')).rejects.toMatchObject({ code: 'GATE_NONE_ON_LIVE', status: 409 });
    expect(await promote('2', { override: 'desk asked for a trial' })).toMatchObject({ generation: 2 });
    for (const family of ['base_rate', 'logistic'] as const) {
      await registry.register(family, { gate, timeline: 'ungated' });
    }
    await promote('1', { timeline: 'ungated' });
    expect(await promote('2', { timeline: 'ungated' })).toMatchObject({ generation: 2, action: 'promote' });
  });

  it('promotes a refit that is shown not to be worse, against what serves and nothing else', async () => {
    await promote('1');
    const gate = { ...buildGate(baseline, true), rule: 'non_inferiority' as const };
    await registry.register('base_rate', { gate });
    await registry.register('base_rate', { gate: { ...gate, passed: false } });
    await expect(promote('3')).rejects.toMatchObject({ code: 'GATE_NOT_PASSED' });
    expect(await promote('2')).toMatchObject({ generation: 2 });
  });

  it('writes in a world to its timeline, at its time, and shows what served before', async () => {
    await registry.timelines.create('replay-1', 'replay');
    await promote('1');
    const world = { timeline: 'replay-1', clock: stepClock('2008-09-15T02:00:00.000Z') };
    await inWorld(world, async () => {
      const first = await registry.register('base_rate');
      await promote('1');
      await registry.register('logistic', { gate: buildGate(first, true) });
      await promote('2');
      expect(await registry.catalog.previous('test_agent')).toMatchObject({ sequence: 1, timeline: 'replay-1' });
      await registry.promotion.rollback({ model: 'test_agent', actor: 'policy' });
      expect(await registry.catalog.previous('test_agent')).toMatchObject({ sequence: 2 });
      const history = await registry.catalog.deployments('test_agent');
      expect(history.map(({ action, sequence, generation }) => [action, sequence, generation])).toEqual([
        ['baseline', 1, 1],
        ['promote', 2, 2],
        ['rollback', 1, 3],
      ]);
    });
    expect(await registry.catalog.deployments('test_agent')).toHaveLength(1);
    expect(await registry.catalog.previous('test_agent')).toBeUndefined();
    expect(await registry.catalog.previous('stranger')).toBeUndefined();
  });
});
