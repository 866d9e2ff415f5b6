import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  barsPageSchema,
  deploymentSchema,
  deploymentsPageSchema,
  errorResponseSchema,
  ingestReportSchema,
  modelVersionSchema,
  modelsPageSchema,
  predictionReplySchema,
  predictionSchema,
  predictionsPageSchema,
  versionsPageSchema,
  type PredictionReply,
} from '@tidemark/contracts';
import { Model, computeInputs } from '@tidemark/native';
import { VERSION_REGISTRAR, type VersionRegistrar } from '@tidemark/registry/read';
import {
  SMALL_VALIDATION,
  TestTraining,
  buildAgent,
  buildBars,
  databaseProxy,
  eventually,
  packBars,
  type DatabaseProxy,
  type TestFit,
} from '@tidemark/testing';
import { stringify } from 'yaml';
import { z } from 'zod';
import { startTestApi, type TestApi } from './testing/test-api.js';

const AGENT = 'test_agent';
const BARS = buildBars(900);

describe('from bars to a logged prediction over HTTP', () => {
  let folder: string;
  let api: TestApi;
  let proxy: DatabaseProxy;
  let logistic: TestFit;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-serving-'));
    const agent = buildAgent({ validation: SMALL_VALIDATION });
    await writeFile(join(folder, `${AGENT}.yaml`), stringify(agent));
    api = await startTestApi({
      env: { TIDEMARK_AGENTS_DIR: folder },
      urlOf: async (url) => {
        proxy = await databaseProxy(url);
        return proxy.url;
      },
    });
    const training = await TestTraining.prepare(folder, agent, BARS);
    logistic = await training.fit('logistic');
    const registrar = api.app.get<VersionRegistrar>(VERSION_REGISTRAR);
    for (const { outputDir } of [await training.fit('base_rate'), logistic]) {
      await registrar.register({ model: AGENT, outputDir, dataHash: 'd'.repeat(64), asOf: BARS[899]!.eventTime });
    }
  });
  afterEach(() => proxy.restore());
  afterAll(async () => {
    await api.close();
    await proxy.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The answer, read by its contract: one that does not follow it fails the test. */
  const call = async <T>(
    schema: z.ZodType<T>,
    method: 'GET' | 'POST',
    url: string,
    payload?: object,
  ): Promise<{ status: number; body: T }> => {
    const reply = await api.app.inject({ method, url: `/api/v1${url}`, headers: api.keyed, payload });
    return { status: reply.statusCode, body: schema.parse(reply.json()) };
  };
  const predict = async (extra: object = {}): Promise<PredictionReply> =>
    (await call(predictionReplySchema, 'POST', '/predict', { agent: AGENT, ...extra })).body;

  it('takes bars in and shows them page by page', async () => {
    const bars = BARS.map(({ eventTime, ...prices }) => ({ time: eventTime.toISOString(), ...prices }));
    const posted = await call(ingestReportSchema, 'POST', '/bars', { series: 'test_series', bars });
    expect(posted).toMatchObject({ status: 200, body: { inserted: 900, restated: 0, unchanged: 0 } });
    expect(posted.body.warnings.map(({ code }) => code)).not.toContain('SERIES_UNREAD');
    const query = '/bars?series=test_series&from=2015-01-03&to=2015-01-09&limit=3';
    const first = await call(barsPageSchema, 'GET', query);
    const second = await call(barsPageSchema, 'GET', `${query}&cursor=${first.body.nextCursor ?? ''}`);
    const third = await call(barsPageSchema, 'GET', `${query}&cursor=${second.body.nextCursor ?? ''}`);
    const days = [first, second, third].map(({ body }) => body.items.map(({ eventTime }) => eventTime.slice(8, 10)));
    expect(days).toEqual([['03', '04', '05'], ['06', '07', '08'], ['09']]);
    expect(third.body.nextCursor).toBeUndefined();
    expect((await call(barsPageSchema, 'GET', '/bars?series=test_series&asOf=2015-06-01')).body.items).toEqual([]);
  });

  it('stores bars of a series that no agent reads, and says so', async () => {
    const { eventTime, ...prices } = BARS[0]!;
    const bars = [{ time: eventTime.toISOString(), ...prices }];
    const posted = await call(ingestReportSchema, 'POST', '/bars', { series: 'test_serie', bars });
    expect(posted).toMatchObject({ status: 200, body: { inserted: 1, warnings: [{ code: 'SERIES_UNREAD' }] } });
    expect(posted.body.warnings[0]!.message).toBe('No agent reads the series test_serie; they read: test_series.');
  });

  it('is not ready before a version is in Production, then serves it', async () => {
    expect(await call(errorResponseSchema, 'POST', '/predict', { agent: AGENT })).toMatchObject({
      status: 503,
      body: { code: 'NOT_READY' },
    });
    const promoted = await call(deploymentSchema, 'POST', `/models/${AGENT}/1/promote`, {});
    expect(promoted).toMatchObject({ status: 200, body: { generation: 1, action: 'baseline', actor: 'trader' } });
    const reply = await eventually(async () => {
      const { status, body } = await call(predictionReplySchema, 'POST', '/predict', { agent: AGENT });
      return status === 200 && body;
    });
    expect(reply).toMatchObject({ version: '0.1.0', generation: 1, stale: true, logged: 'buffered' });
  });

  it('answers with the bits of the bare model, single and in a batch', async () => {
    const { signature } = logistic.report;
    const model = await Model.loadAsync(join(logistic.outputDir, 'model.onnx'));
    const [expected] = await model.predictBatch(computeInputs(signature, packBars(BARS), 899, 900), 1);
    model.dispose();
    const single = await predict({ version: '1.0.0' });
    expect([single.outputs['probability'], single.asOf]).toEqual([expected, BARS[899]!.eventTime.toISOString()]);
    const items = [{ agent: AGENT, version: '2', key: 'a' }, { agent: AGENT }];
    const { body } = await call(z.object({ items: z.array(predictionReplySchema) }), 'POST', '/predict', {
      items,
      durability: 'durable',
    });
    expect(body.items.map(({ version, logged }) => [version, logged])).toEqual([
      ['1.0.0', 'durable'],
      ['0.1.0', 'durable'],
    ]);
    expect(body.items[0]!.outputs['probability']).toBe(expected);
  });

  it('shows every prediction in the log, newest first', async () => {
    const { id } = await predict({ durability: 'durable', key: 'order-17' });
    const one = await call(predictionSchema, 'GET', `/predictions/${id}`);
    expect(one).toMatchObject({ status: 200, body: { id, key: 'order-17', mode: 'live', timeline: 'main' } });
    const first = await call(predictionsPageSchema, 'GET', `/predictions?agent=${AGENT}&limit=2`);
    expect(first.body.items[0]?.id).toBe(id);
    const rest = await call(
      predictionsPageSchema,
      'GET',
      `/predictions?limit=500&cursor=${first.body.nextCursor ?? ''}`,
    );
    const ids = [...first.body.items, ...rest.body.items].map((prediction) => prediction.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(5);
  });

  it('refuses a promotion without a gate, takes an override and rolls back', async () => {
    const refused = await call(errorResponseSchema, 'POST', `/models/${AGENT}/2/promote`, {});
    expect(refused).toMatchObject({ status: 409, body: { code: 'GATE_NOT_PASSED' } });
    const override = 'desk asked for a trial';
    expect((await call(deploymentSchema, 'POST', `/models/${AGENT}/2/promote`, { override })).body.generation).toBe(2);
    const shown = await call(modelVersionSchema, 'GET', `/models/${AGENT}/1.0.0`);
    expect(shown.body).toMatchObject({ stage: 'Production', override: { reason: override, actor: 'trader' } });
    await eventually(async () => (await predict()).generation === 2);
    expect(
      (await call(deploymentSchema, 'POST', `/models/${AGENT}/rollback`, { reason: 'trial over' })).body,
    ).toMatchObject({
      version: '0.1.0',
      generation: 3,
      action: 'rollback',
    });
    await eventually(async () => (await predict()).generation === 3);
    const history = await call(deploymentsPageSchema, 'GET', `/models/${AGENT}/deployments?limit=2`);
    expect(history.body.items.map(({ action }) => action)).toEqual(['rollback', 'promote']);
    const versions = await call(versionsPageSchema, 'GET', `/models/${AGENT}/versions?limit=1`);
    expect([versions.body.items[0]?.sequence, versions.body.nextCursor]).toEqual([2, expect.any(String)]);
    const models = await call(modelsPageSchema, 'GET', '/models');
    expect(models.body.items).toMatchObject([{ name: AGENT, versions: 2, production: { version: '0.1.0' } }]);
  });

  it('goes on predicting while the database is away, refuses durable, and logs afterwards', async () => {
    await predict();
    proxy.cut();
    const buffered = await predict({ key: 'in the dark' });
    expect(buffered).toMatchObject({ version: '0.1.0', logged: 'buffered', asOf: BARS[899]!.eventTime.toISOString() });
    const durable = await call(errorResponseSchema, 'POST', '/predict', { agent: AGENT, durability: 'durable' });
    expect(durable).toMatchObject({ status: 503, body: { code: 'PREDICTION_LOG_UNAVAILABLE' } });
    await proxy.restore();
    const logged = await eventually(async () => {
      const { status, body } = await call(predictionSchema, 'GET', `/predictions/${buffered.id}`);
      return status === 200 && body;
    });
    expect(logged.key).toBe('in the dark');
  });
});
