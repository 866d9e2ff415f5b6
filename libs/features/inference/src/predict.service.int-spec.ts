import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalArtifactStore } from '@tidemark/artifacts';
import { AgentCatalog, loadConfig, type AppConfig } from '@tidemark/config';
import type { PredictItem, PredictionReply } from '@tidemark/contracts';
import type { SteppedClock } from '@tidemark/kernel';
import { Model, computeInputs } from '@tidemark/native';
import { Metrics, silentLogger } from '@tidemark/telemetry';
import { SMALL_VALIDATION, TestTraining, buildAgent, buildBars, stepClock, type TestFit } from '@tidemark/testing';
import { PredictService } from './predict.service.js';
import { PredictionLog } from './prediction-log.js';
import type { PredictOptions } from './read/index.js';
import { ServedModels } from './served-models.js';
import { FakeBars, fakeFreshness, snapshotOf } from './testing/fake-bars.js';
import { FakeCatalog } from './testing/fake-catalog.js';
import { FakeSink } from './testing/fake-sink.js';
import { FakeTimelines } from './testing/fake-timelines.js';

const LIVE: PredictOptions = { durability: 'durable' };
const BARS = buildBars(1_600);
const LAST = BARS.at(-1)!.eventTime;
const DAY_MS = 86_400_000;

const direction = buildAgent({ validation: SMALL_VALIDATION });
const volatility = buildAgent({
  agent: 'test_risk',
  task: 'volatility',
  label: { kind: 'next_squared_return' },
  baseline: 'ewma',
  families: ['log_har'],
  validation: SMALL_VALIDATION,
});
const untrained = buildAgent({ agent: 'untrained' });
const agents = new AgentCatalog(
  [direction, volatility, untrained].map((agent) => ({ agent, file: 'a.yaml', yaml: '', hash: agent.agent })),
);

describe('PredictService', () => {
  let folder: string;
  const fits = new Map<string, TestFit>();
  let bars: FakeBars;
  let sink: FakeSink;
  let clock: SteppedClock;
  let models: ServedModels;
  let predictor: PredictService;
  let config: AppConfig;
  let logs: PredictionLog[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-predict-'));
    const trainings = [
      [await TestTraining.prepare(join(folder, 'direction'), direction, BARS), ['base_rate', 'logistic', 'gbdt']],
      [await TestTraining.prepare(join(folder, 'volatility'), volatility, BARS), ['ewma', 'log_har']],
    ] as const;
    for (const [training, families] of trainings) {
      for (const family of families) fits.set(family, await training.fit(family));
    }
  });
  beforeEach(async () => {
    bars = new FakeBars(BARS);
    sink = new FakeSink();
    logs = [];
    clock = stepClock(new Date(LAST.getTime() + DAY_MS + 3_600_000));
    config = loadConfig({ DATABASE_URL: 'postgresql://localhost/unused' });
    const artifacts = new LocalArtifactStore(join(folder, 'artifacts'));
    const catalog = new FakeCatalog();
    for (const [family, fit] of fits) {
      const agent = family === 'ewma' || family === 'log_har' ? volatility.agent : direction.agent;
      const version = catalog.add(agent, fit, await artifacts.put(join(fit.outputDir, 'model.onnx')));
      if (family === 'ewma' || family === 'base_rate') catalog.promote(version);
    }
    models = new ServedModels(catalog, new FakeTimelines(), artifacts, agents, config, new Metrics(), silentLogger());
    await models.refresh();
    predictor = service();
  });
  afterEach(async () => {
    sink.mood = 'ok';
    for (const log of logs) await log.beforeApplicationShutdown();
    await models.beforeApplicationShutdown();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const service = (overrides: Partial<AppConfig['predict']> = {}): PredictService => {
    const limited = { ...config, predict: { ...config.predict, ...overrides } };
    const metrics = new Metrics();
    const log = new PredictionLog(sink, limited, metrics, silentLogger());
    logs.push(log);
    return new PredictService(models, log, bars, fakeFreshness, clock, limited, metrics);
  };
  const one = async (item: PredictItem, options: Partial<PredictOptions> = {}): Promise<PredictionReply> =>
    (await predictor.predict([item], { ...LIVE, ...options }))[0]!;
  const codeOf = (item: PredictItem): Promise<unknown> =>
    one(item).then(
      () => 'none',
      (error: unknown) => (error as { code: string }).code,
    );

  it.each([
    ['base_rate', 'test_agent', '1'],
    ['logistic', 'test_agent', '2'],
    ['gbdt', 'test_agent', '3'],
    ['ewma', 'test_risk', '1'],
    ['log_har', 'test_risk', '2'],
  ])('answers %s as of any bar with what the training code and the bare model give', async (family, agent, version) => {
    const { signature } = fits.get(family)!.report;
    const model = await Model.loadAsync(join(fits.get(family)!.outputDir, 'model.onnx'));
    const all = snapshotOf('test_series', BARS);
    for (const row of [700, 1_000, 1_599]) {
      const inputs = computeInputs(signature, all.bars, row, row + 1);
      const expected = new Float64Array(model.metadata.outputWidth);
      model.predictInto(inputs, expected);
      const at = new Date(BARS[row]!.eventTime.getTime() + DAY_MS).toISOString();
      const reply = await one({ agent, version, asOf: at });
      expect(Object.values(reply.outputs)).toEqual([...expected]);
      expect(Object.keys(reply.outputs)).toEqual(signature.outputs.map(({ name }) => name));
      expect(reply.asOf).toBe(BARS[row]!.eventTime.toISOString());
    }
    model.dispose();
  });

  it('answers a batch with the bits of single calls, in order and across agents', async () => {
    const items: PredictItem[] = Array.from({ length: 60 }, (_, index) => ({
      agent: index % 3 === 0 ? 'test_risk' : 'test_agent',
      version: ['1', '2'][index % 2],
      asOf: BARS[900 + index]!.eventTime.toISOString(),
    }));
    const batch = await predictor.predict(items, LIVE);
    for (const [index, item] of items.entries()) {
      const single = await one(item);
      expect(batch[index]).toMatchObject({ outputs: single.outputs, asOf: single.asOf, version: single.version });
    }
  });

  it('takes a date as the end of that day', async () => {
    const date = LAST.toISOString().slice(0, 10);
    expect((await one({ agent: 'test_agent', asOf: date })).asOf).toBe(LAST.toISOString());
    const dayBefore = new Date(LAST.getTime() - DAY_MS);
    const asOf = dayBefore.toISOString().slice(0, 10);
    expect((await one({ agent: 'test_agent', asOf })).asOf).toBe(dayBefore.toISOString());
  });

  it('says version, generation, age and staleness of its data', async () => {
    const fresh = await one({ agent: 'test_agent' });
    expect(fresh).toMatchObject({ version: '0.1.0', sequence: 1, generation: 1, stale: false, historical: false });
    expect(fresh.dataAgeSeconds).toBe(25 * 3_600);
    clock.stepTo(new Date(clock.now().getTime() + 10 * DAY_MS));
    expect(await one({ agent: 'test_agent' })).toMatchObject({ stale: true, asOf: fresh.asOf });
    expect(await one({ agent: 'test_agent', version: '2' })).toMatchObject({ version: '0.2.0', generation: 0 });
  });

  it('takes named features, in any order, and gives what the same inputs from bars give', async () => {
    const fromBars = await one({ agent: 'test_agent', version: '2' });
    const { inputs } = fits.get('logistic')!.report.signature;
    const row = computeInputs(
      fits.get('logistic')!.report.signature,
      snapshotOf('test_series', BARS).bars,
      1_599,
      1_600,
    );
    const named = inputs.map(({ name }, index) => [name, row[index]!] as const);
    const features = Object.fromEntries([...named].reverse());
    const reply = await one({ agent: 'test_agent', version: '2', features, key: 'order-17' });
    expect(reply.outputs).toEqual(fromBars.outputs);
    expect(reply).toMatchObject({ asOf: null, dataAgeSeconds: null, stale: false });
    expect(sink.rows.at(-1)).toMatchObject({ key: 'order-17', asOf: undefined, inputs: row });
    expect(Buffer.from(sink.rows.at(-1)!.inputsSha256)).toEqual(Buffer.from(sink.rows.at(-2)!.inputsSha256));
  });

  it('takes a window as an array and keeps wide inputs only where no bars can rebuild them', async () => {
    const { signature } = fits.get('ewma')!.report;
    const row = computeInputs(signature, snapshotOf('test_series', BARS).bars, 1_599, 1_600);
    const name = signature.inputs[0]!.name;
    const values = [...row].map((value) => (Number.isNaN(value) ? null : value));
    const reply = await one({ agent: 'test_risk', features: { [name]: values } });
    expect(sink.rows.at(-1)!.inputs).toEqual(row);
    expect((await one({ agent: 'test_risk' })).outputs).toEqual(reply.outputs);
    expect(sink.rows.at(-1)!.inputs).toBeUndefined();
  });

  it.each<[string, PredictItem]>([
    ['PREDICT_AMBIGUOUS', { agent: 'test_agent', asOf: '2019-01-01', features: { ret_1: 0 } }],
    ['AGENT_NOT_FOUND', { agent: 'stranger' }],
    ['AGENT_NOT_FOUND', { agent: 'stranger', version: '1' }],
    ['VERSION_UNKNOWN', { agent: 'test_agent', version: '99' }],
    ['NOT_READY', { agent: 'untrained' }],
    ['NO_BARS', { agent: 'test_agent', asOf: '1999-01-01' }],
    ['AS_OF_IN_FUTURE', { agent: 'test_agent', asOf: '2999-01-01' }],
    ['INSUFFICIENT_LABELS', { agent: 'test_agent', asOf: '2015-02-01' }],
    ['INSUFFICIENT_HISTORY', { agent: 'test_agent', version: '2', asOf: '2015-01-10' }],
    ['MISSING_FEATURE', { agent: 'test_agent', version: '2', features: { ret_1: 0 } }],
    ['UNKNOWN_FEATURE', { agent: 'test_agent', features: { matured_label_rate: 0.5, other: 1 } }],
    ['FEATURE_WIDTH', { agent: 'test_agent', features: { matured_label_rate: [0.5, 0.5] } }],
    ['FEATURE_NOT_FINITE', { agent: 'test_agent', features: { matured_label_rate: Number.NaN } }],
    ['FEATURE_WIDTH', { agent: 'test_risk', features: { return_window: [0.1] } }],
  ])('refuses with %s', async (code, item) => {
    expect(await codeOf(item)).toBe(code);
    expect(sink.rows).toEqual([]);
  });

  it('answers all items of a batch or none', async () => {
    const items = [{ agent: 'test_agent' }, { agent: 'stranger' }];
    await expect(predictor.predict(items, LIVE)).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
    expect(sink.rows).toEqual([]);
  });

  it('refuses more rows than configured', async () => {
    const items = Array.from({ length: 11 }, () => ({ agent: 'test_agent' }));
    const refused = service({ maxRows: 10 }).predict(items, LIVE);
    await expect(refused).rejects.toMatchObject({ code: 'PREDICT_TOO_MANY_ROWS', status: 413 });
  });

  it('gives up at the deadline', async () => {
    const slow = service({ deadlineMs: 1 });
    const items = Array.from({ length: 500 }, () => ({ agent: 'test_risk' }));
    await expect(slow.predict(items, LIVE)).rejects.toMatchObject({ code: 'PREDICT_DEADLINE', status: 504 });
    expect(sink.rows).toEqual([]);
  });

  it('stops when its caller does', async () => {
    const signal = AbortSignal.abort();
    await expect(predictor.predict([{ agent: 'test_agent' }], { ...LIVE, signal })).rejects.toBe(signal.reason);
  });

  it('lets others have a turn while it builds a large batch', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await predictor.predict(
      Array.from({ length: 1_000 }, () => ({ agent: 'test_risk' })),
      LIVE,
    );
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  it('does not count the wait for bars as latency', async () => {
    const series = bars.series.bind(bars);
    bars.series = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return series(...args);
    };
    expect((await one({ agent: 'test_agent', version: '2' })).latencyUs).toBeLessThan(50_000);
  });

  it('logs what it answered, and says how', async () => {
    const reply = await one({ agent: 'test_agent', version: '2' });
    expect(reply.logged).toBe('durable');
    expect(sink.rows.at(-1)).toMatchObject({
      id: reply.id,
      agent: 'test_agent',
      version: '0.2.0',
      mode: 'live',
      timeline: 'main',
      asOf: LAST,
      outputs: Float64Array.from(Object.values(reply.outputs)),
    });
    expect((await one({ agent: 'test_agent' }, { durability: 'buffered' })).logged).toBe('buffered');
    sink.mood = 'away';
    await expect(one({ agent: 'test_agent' })).rejects.toMatchObject({ code: 'PREDICTION_LOG_UNAVAILABLE' });
    expect((await one({ agent: 'test_agent' }, { durability: 'buffered' })).logged).toBe('buffered');
  });
});
