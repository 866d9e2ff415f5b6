import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  agentDeploymentsSchema,
  agentDriftPageSchema,
  agentImportancePageSchema,
  agentPerformancePageSchema,
  alertsPageSchema,
  dashboardModelsSchema,
  dashboardSchema,
  deploymentSchema,
  driftCalculatedSchema,
  errorResponseSchema,
  ingestReportSchema,
  jobSchema,
  modelRunSchema,
  modelRunsPageSchema,
  modelVersionSchema,
  predictionReplySchema,
  predictionSchema,
  scheduleStatusSchema,
  trainingJobsSchema,
  triggeredSchema,
  validationMetricsSchema,
  versionComparisonSchema,
  type Job,
} from '@tidemark/contracts';
import { SMALL_VALIDATION, buildAgent, eventually, plantedBars, type TestBar } from '@tidemark/testing';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { DOCUMENTED_PATHS } from './testing/documented-paths.js';
import { startTestApi, type TestApi } from './testing/test-api.js';
import { startTestWorker } from './testing/test-worker.js';

const AGENT = 'test_agent';
const HISTORY = 1_500;
const LIVE = 130;
const BARS = plantedBars({ seed: 3, bars: HISTORY + LIVE });
/** Longest wait for a job. */
const WAIT = { timeoutMs: 60_000 };

const csv = (bars: readonly TestBar[]): string =>
  [
    'date,open,high,low,close,volume',
    ...bars.map((bar) =>
      [bar.eventTime.toISOString().slice(0, 10), bar.open, bar.high, bar.low, bar.close, bar.volume].join(','),
    ),
  ].join('\n');

/** Small windows and the documented limits, which on them are crossed often. */
const MONITORS = {
  preset: 'documented',
  features: { referenceBars: 60, windowBars: 20 },
  predictions: { referenceBars: 60, windowBars: 20 },
  loss: { windowBars: 60, minBars: 20 },
  calibration: { windowBars: 60, minBars: 20 },
  hysteresis: { enterBars: 1, leaveBars: 5 },
  importance: { everyBars: 20, windowBars: 60, repeats: 2 },
};

describe('documented paths over a loop that has run', () => {
  let folder: string;
  let api: TestApi;
  let worker: INestApplicationContext | undefined;

  const send = async <S extends z.ZodType>(
    schema: S,
    method: 'GET' | 'POST',
    url: string,
    payload?: object,
  ): Promise<{ status: number; body: z.infer<S> }> => {
    const reply = await api.app.inject({ method, url, headers: api.keyed, payload });
    const parsed = schema.safeParse(reply.json());
    if (!parsed.success) throw new Error(`${method} ${url} answered ${reply.statusCode}: ${reply.body}`);
    return { status: reply.statusCode, body: parsed.data };
  };
  const get = async <S extends z.ZodType>(schema: S, url: string): Promise<z.infer<S>> => {
    const { status, body } = await send(schema, 'GET', url);
    expect(status).toBe(200);
    return body;
  };
  /** Waits for a job to end well. */
  const done = async (id: string): Promise<Job> => {
    const job = await eventually(async () => {
      const { body } = await send(jobSchema, 'GET', `/api/v1/training/status/${id}`);
      return (body.state === 'succeeded' || body.state === 'failed') && body;
    }, WAIT);
    expect([job.kind, job.state, job.error]).toEqual([job.kind, 'succeeded', undefined]);
    return job;
  };
  const triggered = async (url: string, payload: object): Promise<Job> => {
    const { status, body } = await send(triggeredSchema, 'POST', url, payload);
    expect([status, body.jobs.length]).toEqual([202, 1]);
    return done(body.jobs[0]!.id);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-aliases-'));
    const source = { series: 'test_series', kind: 'csv', path: 'bars.csv' };
    const agent = buildAgent({ source, validation: SMALL_VALIDATION, monitors: MONITORS });
    await writeFile(join(folder, 'bars.csv'), csv(BARS.slice(0, HISTORY)));
    await writeFile(join(folder, `${AGENT}.yaml`), stringify(agent));
    api = await startTestApi({ env: { TIDEMARK_AGENTS_DIR: folder, ENABLE_MLOPS_JOBS: 'false' } });
    worker = await startTestWorker(api.config);
    const { body: ingest } = await send(jobSchema, 'POST', `/api/v1/agents/${AGENT}/ingest`);
    await done(ingest.id);
    const { body: baseline } = await send(jobSchema, 'POST', '/mlops/training/start', {
      agent_type: AGENT,
      mode: 'baseline',
    });
    await done(baseline.id);
    await triggered('/api/mlops/jobs/trigger/drift', { agent_type: AGENT });
    const bars = BARS.slice(HISTORY).map(({ eventTime, ...prices }) => ({ time: eventTime.toISOString(), ...prices }));
    await send(ingestReportSchema, 'POST', '/api/v1/bars', { series: 'test_series', bars });
    await triggered('/api/v1/monitoring/run', { agent: AGENT });
    const { body: training } = await send(jobSchema, 'POST', '/api/v1/training/start', { agent: AGENT });
    await done(training.id);
  }, 120_000);
  afterAll(async () => {
    await worker?.close();
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(DOCUMENTED_PATHS.map(({ route, reason }) => [route, reason] as const))('%s: %s', (route, reason) => {
    const routes = api.routes.flatMap(({ method, url }) => [method].flat().map((each) => `${each} ${url}`));
    expect(routes.filter((each) => each === route)).toHaveLength(reason === undefined ? 1 : 0);
  });

  it('models: side by side, listed, validated, deployed', async () => {
    const compared = await get(versionComparisonSchema, `/api/v1/models/${AGENT}/compare/1/2`);
    expect([compared.a.family, compared.b.family]).toEqual(['base_rate', 'logistic']);
    expect(compared.differs).toEqual(expect.arrayContaining(['family', 'inputs', 'artifactSha256']));
    expect(compared.metrics.some(({ b }) => b !== undefined)).toBe(true);
    for (const { a, b, difference } of compared.metrics)
      expect(difference).toBe(a === undefined || b === undefined ? undefined : b - a);
    expect(await send(errorResponseSchema, 'GET', `/api/v1/models/${AGENT}/compare/1/9`)).toMatchObject({
      status: 404,
      body: { code: 'VERSION_UNKNOWN' },
    });
    const { items } = await get(dashboardModelsSchema, '/mlops/models');
    expect(items).toMatchObject([{ name: AGENT, versions: 2 }]);
    const override = 'a test of the deploy path';
    const deployed = await send(deploymentSchema, 'POST', '/mlops/deploy', { model: AGENT, version: '2', override });
    expect([deployed.status, deployed.body.sequence]).toEqual([200, 2]);
    const validation = await get(validationMetricsSchema, '/mlops/metrics/validation');
    const version = await get(modelVersionSchema, `/api/v1/models/${AGENT}/2`);
    expect(validation.items).toMatchObject([{ model: AGENT, stage: 'Production', metrics: version.metrics }]);
    expect(Object.keys(version.metrics).length).toBeGreaterThan(3);
    const { items: deployments } = await get(agentDeploymentsSchema, `/api/mlops/deployments?agent_type=${AGENT}`);
    expect(deployments.map(({ agent_type, action }) => [agent_type, action])).toEqual([
      [AGENT, 'baseline'],
      [AGENT, 'promote'],
    ]);
  });

  it('trainings: listed, tracked, and one that is queued is stopped', async () => {
    const jobs = await get(trainingJobsSchema, `/mlops/training/jobs?agent_type=${AGENT}&state=succeeded`);
    expect(jobs.items.map(({ kind, payload }) => [kind, payload['mode']])).toEqual([
      ['train', undefined],
      ['train', 'baseline'],
    ]);
    const runs = await get(modelRunsPageSchema, `/api/mlops/model-runs?agent_type=${AGENT}`);
    const trained = runs.items.find(({ family, metrics }) => family === 'logistic' && 'choice.loss' in metrics);
    expect(trained).toMatchObject({ agent_type: AGENT, state: 'succeeded' });
    expect(await get(modelRunSchema, `/api/mlops/model-runs/${trained!.id}`)).toEqual(trained);
    const first = await get(modelRunsPageSchema, '/api/mlops/model-runs?limit=1');
    const second = await get(modelRunsPageSchema, `/api/mlops/model-runs?limit=1&cursor=${first.nextCursor ?? ''}`);
    expect([...first.items, ...second.items]).toEqual(runs.items.slice(0, 2));
    const started = await send(jobSchema, 'POST', '/mlops/training/start', { agent_type: AGENT });
    expect([started.status, started.body.payload]).toEqual([202, { agent: AGENT }]);
    const stopped = await send(jobSchema, 'POST', `/mlops/training/${started.body.id}/stop`);
    expect([stopped.status, stopped.body.cancelRequested]).toEqual([200, true]);
    const ingest = (await get(trainingJobsSchema, '/api/v1/jobs?kind=ingest')).items[0]!;
    expect(await send(errorResponseSchema, 'POST', `/mlops/training/${ingest.id}/stop`)).toMatchObject({
      status: 404,
      body: { code: 'TRAINING_UNKNOWN' },
    });
  });

  it('monitoring: what the monitors made of the bars', async () => {
    const drift = await get(agentDriftPageSchema, '/api/mlops/drift-metrics?status=critical&limit=500');
    expect(drift.items.length).toBeGreaterThan(0);
    for (const row of drift.items) {
      expect([row.agent_type, row.status]).toEqual([AGENT, 'critical']);
    }
    const { items: importance } = await get(
      agentImportancePageSchema,
      `/api/mlops/feature-importance?agent_type=${AGENT}`,
    );
    expect(importance.length).toBeGreaterThan(0);
    const performance = await get(
      agentPerformancePageSchema,
      '/api/mlops/performance-history?monitor=calibration&limit=5',
    );
    expect(performance.items).toHaveLength(5);
    expect(performance.items[0]).toMatchObject({ agent_type: AGENT, monitor: 'calibration' });
    expect(performance.nextCursor).toBeDefined();
    const alerts = await get(alertsPageSchema, '/mlops/alerts');
    expect(alerts).toEqual(await get(alertsPageSchema, '/api/v1/monitoring/alerts'));
    expect(alerts.items.some(({ kind }) => kind === 'DRIFT')).toBe(true);
    const dashboard = await get(dashboardSchema, `/api/v1/monitoring/dashboard/${AGENT}`);
    expect(dashboard).toMatchObject({ model: AGENT, timeline: 'main', serving: { model: AGENT, stage: 'Production' } });
    expect(dashboard.monitors.map(({ monitor }) => monitor)).toEqual(
      expect.arrayContaining(['features', 'predictions', 'loss', 'calibration']),
    );
    expect(dashboard.alerts).toEqual(alerts.items.filter(({ state }) => state === 'firing'));
    expect(dashboard.performance[0]!.asOf).toBe(BARS.at(-1)!.eventTime.toISOString());
  });

  it('log-prediction: scores what it is given, and takes no figures of the caller', async () => {
    const { signature } = await get(modelVersionSchema, `/api/v1/models/${AGENT}/2`);
    const features = Object.fromEntries(signature.inputs.map(({ name }) => [name, 0.1]));
    const url = '/api/v1/monitoring/log-prediction';
    const logged = await send(predictionReplySchema, 'POST', url, {
      agent: AGENT,
      version: '2',
      features,
      key: 'desk-7',
    });
    expect([logged.status, logged.body.logged]).toEqual([200, 'durable']);
    const stored = await get(predictionSchema, `/api/v1/predictions/${logged.body.id}`);
    expect(stored).toMatchObject({ key: 'desk-7', mode: 'live', asOf: null, outputs: logged.body.outputs });
    const claimed = { agent: AGENT, features, outputs: { probability: 0.99 } };
    expect((await send(errorResponseSchema, 'POST', url, claimed)).status).toBe(400);
  });

  it('drift/calculate: of samples, and of a feature of an agent', async () => {
    const url = '/api/mlops/drift/calculate';
    const reference = Array.from({ length: 200 }, (_, index) => index);
    const current = reference.map((value) => value + 150);
    const shifted = await send(driftCalculatedSchema, 'POST', url, {
      reference,
      current,
      statistics: ['ks', 'w1/iqr'],
    });
    expect(shifted.body).toMatchObject({
      reference: 200,
      current: 200,
      results: [{ statistic: 'ks', value: 0.75 }, {}],
    });
    expect(shifted.body.results[0]!.pValue).toBeLessThan(1e-6);
    const same = await send(driftCalculatedSchema, 'POST', url, { reference, current: reference });
    expect(same.body.results.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0]);
    const own = await send(driftCalculatedSchema, 'POST', url, { agent_type: AGENT, feature: 'ret_20' });
    expect(own.body).toMatchObject({ reference: 60, current: 20 });
    expect(own.body.results.every(({ status }) => status === 'ok')).toBe(true);
    const unknown = await send(errorResponseSchema, 'POST', url, { agent_type: AGENT, feature: 'price' });
    expect([unknown.status, unknown.body.code]).toEqual([400, 'FEATURE_UNKNOWN']);
  });

  it('jobs: a retraining by hand lets the policy decide, and the status shows it', async () => {
    const slot = await triggered('/api/mlops/retrain', { agent_type: AGENT });
    expect(slot).toMatchObject({ kind: 'slot', payload: { schedule: 'retrain', manual: true } });
    await triggered('/api/v1/training/trigger-retraining', { agent: AGENT });
    const status = await get(scheduleStatusSchema, '/api/mlops/jobs/status');
    expect(status).toEqual(await get(scheduleStatusSchema, '/api/v1/schedule'));
    expect(status.flags).toEqual({
      ENABLE_MLOPS_JOBS: false,
      mlops_auto_retrain: true,
      mlops_drift_detection: true,
      mlops_hyperparameter_sweeps: false,
    });
    const [agent] = status.agents;
    expect(agent!.schedules.map(({ schedule, enabled, due, missed }) => [schedule, enabled, due, missed])).toEqual([
      ['drift', false, 0, 0],
      ['retrain', false, 0, 0],
      ['validation', false, 0, 0],
      ['reconciliation', false, 0, 0],
    ]);
    const [drift, retrain] = agent!.schedules;
    expect(drift!.last).toMatchObject({ state: 'done', outcome: `${LIVE} bars` });
    expect(retrain!.last?.state).toBe('done');
    expect(['retrain', 'none', 'rollback', 'pause']).toContain(retrain!.last?.outcome);
  }, 60_000);

  it.each([
    ['nightly', 404, 'JOB_TYPE_UNKNOWN'],
    ['sweep', 400, 'SWEEPS_UNAVAILABLE'],
    ['hyperparameter_sweeps', 400, 'SWEEPS_UNAVAILABLE'],
  ])('jobs: refuses to trigger %s', async (type, status, code) => {
    const refused = await send(errorResponseSchema, 'POST', `/api/mlops/jobs/trigger/${type}`, {});
    expect([refused.status, refused.body.code]).toEqual([status, code]);
  });

  it('jobs: queues a reconciliation of yesterday', async () => {
    const { status, body } = await send(triggeredSchema, 'POST', '/api/mlops/jobs/trigger/reconciliation', {});
    expect([status, body.jobs.map(({ kind, agent }) => [kind, agent])]).toEqual([202, [['reconcile', AGENT]]]);
  });

  it('jobs: queues a prune of the installation, shows it, and refuses one of an agent', async () => {
    const url = '/api/mlops/jobs/trigger/prune';
    const { status, body } = await send(triggeredSchema, 'POST', url, {});
    expect([status, body.jobs.map(({ kind, agent }) => [kind, agent])]).toEqual([202, [['prune', 'installation']]]);
    const { prune } = await get(scheduleStatusSchema, '/api/mlops/jobs/status');
    expect(prune).toMatchObject({ enabled: false, last: { id: body.jobs[0]!.id, kind: 'prune' } });
    const refused = await send(errorResponseSchema, 'POST', url, { agent_type: AGENT });
    expect([refused.status, refused.body.code]).toEqual([400, 'JOB_TYPE_WITHOUT_AGENT']);
  });

  it('jobs: names the job types there are, and the agents', async () => {
    const { body } = await send(errorResponseSchema, 'POST', '/api/mlops/jobs/trigger/validation', {});
    expect(body).toMatchObject({
      code: 'JOB_TYPE_UNKNOWN',
      details: { known: ['drift', 'retrain', 'reconciliation', 'prune'] },
    });
    const nobody = await send(errorResponseSchema, 'POST', '/api/mlops/retrain', { agent_type: 'nobody' });
    expect([nobody.status, nobody.body.code]).toEqual([404, 'AGENT_NOT_FOUND']);
  });
});
