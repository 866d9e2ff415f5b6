import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalArtifactStore } from '@tidemark/artifacts';
import { AgentCatalog, loadConfig } from '@tidemark/config';
import type { AgentLoop, ModelVersion } from '@tidemark/contracts';
import { notify } from '@tidemark/database';
import { MAIN_TIMELINE, liveTimeline, setLiveTimeline } from '@tidemark/kernel';
import { PRODUCTION_CHANNEL } from '@tidemark/registry/read';
import { Metrics, silentLogger } from '@tidemark/telemetry';
import {
  SMALL_VALIDATION,
  TestTraining,
  buildAgent,
  buildBars,
  createTestDatabase,
  eventually,
  type TestDatabase,
  type TestFit,
} from '@tidemark/testing';
import { ServedModels } from './served-models.js';
import { FakeCatalog } from './testing/fake-catalog.js';
import { FakeTimelines } from './testing/fake-timelines.js';
import { metricValue } from './testing/metric-value.js';

const AGENT = 'test_agent';

describe('ServedModels', () => {
  let folder: string;
  let database: TestDatabase;
  let fits: TestFit[];
  let artifacts: LocalArtifactStore;
  let catalog: FakeCatalog;
  let timelines: FakeTimelines;
  let metrics: Metrics;
  let models: ServedModels;
  let versions: ModelVersion[];

  const agents = new AgentCatalog([
    { agent: buildAgent({ validation: SMALL_VALIDATION }), file: 'a.yaml', yaml: '', hash: 'a' },
  ]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-served-'));
    database = await createTestDatabase();
    const training = await TestTraining.prepare(folder, agents.all()[0]!.agent, buildBars(900));
    fits = [await training.fit('base_rate'), await training.fit('logistic', 1), await training.fit('logistic', 2)];
  });
  beforeEach(async () => {
    artifacts = new LocalArtifactStore(join(folder, 'artifacts'));
    catalog = new FakeCatalog();
    timelines = new FakeTimelines();
    metrics = new Metrics();
    const hashes = await Promise.all(fits.map(({ outputDir }) => artifacts.put(join(outputDir, 'model.onnx'))));
    versions = fits.map((fit, index) => catalog.add(AGENT, fit, hashes[index]!));
    models = serve();
  });
  afterEach(async () => {
    await models.beforeApplicationShutdown();
    setLiveTimeline(MAIN_TIMELINE);
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const serve = (): ServedModels => {
    const config = loadConfig({ DATABASE_URL: database.url });
    return new ServedModels(catalog, timelines, artifacts, agents, config, metrics, silentLogger());
  };
  const promote = async (index: number, told = true): Promise<number> => {
    const generation = catalog.promote(versions[index]!);
    if (told) await notify(database.dataSource, PRODUCTION_CHANNEL, JSON.stringify({ model: AGENT, generation }));
    return generation;
  };

  it('is not ready before anything is in Production, and does not know other agents', async () => {
    await models.onModuleInit();
    expect(() => models.current(AGENT)).toThrow(expect.objectContaining({ code: 'NOT_READY', status: 503 }));
    expect(() => models.current('stranger')).toThrow(expect.objectContaining({ code: 'AGENT_NOT_FOUND', status: 404 }));
  });

  it('serves at start what is in Production, and swaps when told', async () => {
    await promote(0);
    await models.onModuleInit();
    expect(models.current(AGENT)).toMatchObject({ version: '0.1.0', sequence: 1, generation: 1 });
    await promote(1);
    await eventually(() => models.current(AGENT).generation === 2, { timeoutMs: 900 });
    expect(models.current(AGENT).version).toBe('0.2.0');
    expect(models.state()).toEqual([{ agent: AGENT, version: '0.2.0', generation: 2, registryGeneration: 2 }]);
    expect(await metricValue(metrics, 'tidemark_model_generation', { agent: AGENT })).toBe(2);
    expect(await metricValue(metrics, 'tidemark_model_swap_total', { agent: AGENT, outcome: 'ok' })).toBe(2);
  });

  it('finds a change by itself when the notification was lost', async () => {
    await models.onModuleInit();
    await promote(1, false);
    await eventually(() => models.state()[0]?.generation === 1, { timeoutMs: 3_000 });
  });

  it('keeps the old version when the new one cannot be loaded, and takes it once it can', async () => {
    await promote(0);
    await models.onModuleInit();
    const stray = catalog.add(AGENT, fits[2]!, 'f'.repeat(64));
    catalog.promote(stray);
    await models.refresh();
    expect(models.current(AGENT).version).toBe('0.1.0');
    expect(models.behind()).toEqual([AGENT]);
    await models.refresh();
    const failed = { agent: AGENT, outcome: 'ARTIFACT_NOT_FOUND' };
    expect(await metricValue(metrics, 'tidemark_model_swap_total', failed)).toBe(1);
    catalog.promote(versions[2]!);
    await models.refresh();
    expect([models.current(AGENT).version, models.behind()]).toEqual(['0.3.0', []]);
  });

  it('refuses an artifact that was changed on disk', async () => {
    const other = join(folder, 'changed');
    artifacts = new LocalArtifactStore(other);
    const hash = await artifacts.put(join(fits[1]!.outputDir, 'model.onnx'));
    const path = await artifacts.pathOf(hash);
    await rm(path);
    await copyFile(join(fits[2]!.outputDir, 'report.json'), path);
    await writeFile(path, 'not a model');
    models = serve();
    await promote(1, false);
    await models.refresh();
    expect(await metricValue(metrics, 'tidemark_model_swap_total', { agent: AGENT, outcome: 'ARTIFACT_CORRUPT' })).toBe(
      1,
    );
    expect(() => models.current(AGENT)).toThrow(expect.objectContaining({ code: 'NOT_READY' }));
  });

  it('goes on with what is loaded while the registry is away', async () => {
    await promote(0);
    await models.onModuleInit();
    catalog.isAway = true;
    await models.refresh();
    expect(models.current(AGENT).version).toBe('0.1.0');
    catalog.isAway = false;
    await promote(1, false);
    await models.refresh();
    expect(models.current(AGENT).version).toBe('0.2.0');
  });

  it('loads a named version once beside Production, by number or name, and refuses an unknown one', async () => {
    await promote(0);
    await models.onModuleInit();
    const asked = await Promise.all(Array.from({ length: 5 }, () => models.version(AGENT, '0.2.0')));
    expect(new Set(asked).size).toBe(1);
    expect(asked[0]).toMatchObject({ version: '0.2.0', sequence: 2, generation: 0 });
    expect(await models.version(AGENT, '3')).toMatchObject({ version: '0.3.0' });
    expect(await models.version(AGENT, '1')).toBe(models.current(AGENT));
    await expect(models.version(AGENT, '9.9.9')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN', status: 404 });
    await expect(models.version('stranger', '1')).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
    expect(models.current(AGENT).version).toBe('0.1.0');
  });

  it('keeps a replaced model usable for calls that began on it, and frees it on shutdown', async () => {
    await promote(1);
    await models.onModuleInit();
    const old = models.current(AGENT);
    await promote(2, false);
    await models.refresh();
    const row = new Float64Array(old.rowWidth);
    expect(old.predictOne(row)).toHaveLength(1);
    await models.beforeApplicationShutdown();
    expect(() => old.predictOne(row)).toThrow(expect.objectContaining({ code: 'HANDLE_INVALID' }));
  });

  it('never shows half a swap under concurrent refreshes', async () => {
    await promote(0);
    await models.onModuleInit();
    for (let round = 0; round < 10; round += 1) {
      const generation = await promote(round % 3);
      await Promise.all([models.refresh(), models.refresh(), models.refresh()]);
      const served = models.current(AGENT);
      expect([served.generation, served.version]).toEqual([generation, versions[round % 3]!.version]);
    }
  });

  it('serves another timeline once it is live, in its generation, whatever that is', async () => {
    await promote(0);
    await models.onModuleInit();
    catalog.promote(versions[1]!, 'replay-1');
    await models.refresh();
    expect(models.current(AGENT)).toMatchObject({ version: '0.1.0', timeline: 'main' });
    timelines.timeline = 'replay-1';
    await notify(database.dataSource, PRODUCTION_CHANNEL, JSON.stringify({ timeline: 'replay-1' }));
    await eventually(() => models.current(AGENT).timeline === 'replay-1', { timeoutMs: 900 });
    expect(models.current(AGENT)).toMatchObject({ version: '0.2.0', generation: 1 });
    expect([models.behind(), liveTimeline()]).toEqual([[], 'replay-1']);
  });

  it('serves nothing of a timeline that is not live any more', async () => {
    await promote(0);
    await models.onModuleInit();
    timelines.timeline = 'replay-1';
    await models.refresh();
    expect(() => models.current(AGENT)).toThrow(expect.objectContaining({ code: 'NOT_READY' }));
    expect([models.state(), models.behind()]).toEqual([[], []]);
  });

  it('is not ready while the first replay runs or is halted, and is not behind either', async () => {
    const loop: AgentLoop = {
      agent: AGENT,
      state: 'replaying',
      policy: 'default',
      seenBar: '2008-09-15T00:00:00.000Z',
    };
    timelines.loops = [loop];
    await promote(0);
    await models.onModuleInit();
    const said = (text: string) =>
      expect.objectContaining({ code: 'NOT_READY', status: 503, message: expect.stringContaining(text) });
    expect(() => models.current(AGENT)).toThrow(said('still running and has come to 2008-09-15'));
    await expect(models.version(AGENT, '1')).rejects.toEqual(said('still running'));
    expect([models.state(), models.behind()]).toEqual([[], []]);
    timelines.loops = [{ ...loop, state: 'halted', halted: { code: 'FIT_TIMEOUT', message: 'too long' } }];
    await models.refresh();
    expect(() => models.current(AGENT)).toThrow(said('FIT_TIMEOUT'));
    timelines.loops = [{ ...loop, state: 'ready' }];
    await models.refresh();
    expect(models.current(AGENT)).toMatchObject({ version: '0.1.0' });
  });
});
