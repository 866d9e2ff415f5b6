import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Health } from '@tidemark/contracts';
import { databaseProxy, eventually, type DatabaseProxy } from '@tidemark/testing';
import { startTestApi, type TestApi } from './testing/test-api.js';

const AGENT = 'market_insight';

describe('health and metrics', () => {
  let api: TestApi;
  let proxy: DatabaseProxy;

  beforeAll(async () => {
    api = await startTestApi({
      urlOf: async (url) => {
        proxy = await databaseProxy(url);
        return proxy.url;
      },
    });
  });
  afterEach(async () => {
    await proxy.restore();
    await api.database.dataSource.query('truncate model_deployments, model_versions, models cascade');
  });
  afterAll(async () => {
    await api.close();
    await proxy.close();
  });

  const health = async (): Promise<{ status: number; body: Health }> => {
    const reply = await api.app.inject({ url: '/health' });
    return { status: reply.statusCode, body: reply.json() };
  };
  const metrics = async (): Promise<string> => (await api.app.inject({ url: '/metrics', headers: api.keyed })).body;

  it('is fine with an empty registry, and names its parts', async () => {
    const { status, body } = await health();
    expect([status, body.status]).toEqual([200, 'ok']);
    expect(Object.keys(body.parts)).toEqual(['data', 'database', 'loop', 'models', 'predictionLog']);
  });

  it('is degraded, and still answers 200, while the database is away', async () => {
    proxy.cut();
    const { status, body } = await eventually(async () => {
      const answer = await health();
      return answer.body.status === 'degraded' && answer;
    });
    expect(status).toBe(200);
    expect(body.parts['database']).toMatchObject({ status: 'down', details: { code: 'DATABASE_UNAVAILABLE' } });
    await proxy.restore();
    await eventually(async () => (await health()).body.status === 'ok');
  });

  it('is degraded while a loop is halted, and when slots are due that nobody runs', async () => {
    const { dataSource } = api.database;
    const loop = async (): Promise<unknown> => (await health()).body.parts['loop'];
    const loops = `insert into agent_loops (timeline_id, agent, state, policy, policy_hash, monitors, started_at)
      values ('main', '${AGENT}', 'ready', '{}', '', '{}', now())`;
    await dataSource.query(loops);
    expect(await loop()).toMatchObject({ status: 'ok' });
    await dataSource.query(`insert into schedule_slot (timeline_id, agent, schedule, slot_at, state)
      values ('main', '${AGENT}', 'drift', now() - interval '14 minutes', 'due')`);
    expect(await loop()).toMatchObject({ status: 'ok' });
    await dataSource.query(`update schedule_slot set slot_at = now() - interval '16 minutes'`);
    expect(await loop()).toMatchObject({ status: 'degraded', details: { [AGENT]: { overdue: 1 } } });
    await dataSource.query(`update agent_loops set state = 'halted'`);
    expect(await loop()).toMatchObject({ status: 'degraded', message: `halted: ${AGENT}` });
    await dataSource.query('truncate agent_loops, schedule_slot');
  });

  it('is down with 503 when a version in Production cannot be loaded', async () => {
    await api.database.dataSource.query(`insert into models values ('${AGENT}', 'direction', now())`);
    await api.database.dataSource.query(
      `insert into model_versions (id, timeline_id, model, sequence, major, minor, patch, family, stage, artifact_sha256,
         signature, metrics, report, parity, data_hash, as_of, code_version, created_at)
       values (gen_random_uuid(), 'main', '${AGENT}', 1, 0, 1, 0, 'base_rate', 'Production', repeat('a', 64), '{}', '{}',
         '{}', '{}', '', now(), '', now())`,
    );
    await api.database.dataSource.query(
      `insert into model_deployments (timeline_id, model, generation, version_id, action, actor, at)
       select 'main', model, 1, id, 'baseline', 'test', now() from model_versions`,
    );
    const { body } = await eventually(async () => {
      const answer = await health();
      return answer.status === 503 && answer;
    });
    expect(body).toMatchObject({ status: 'down', parts: { models: { status: 'down' } } });
  });

  it('measures requests by route pattern, so that ids do not become labels', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    await api.app.inject({ url: `/api/v1/jobs/${id}`, headers: api.keyed });
    await api.app.inject({ url: '/nowhere', headers: api.keyed });
    const text = await metrics();
    expect(text).toContain(
      'tidemark_http_request_duration_seconds_count{route="/api/v1/jobs/:id",method="GET",status="404"} 1',
    );
    expect(text).not.toContain(id);
    expect(text).not.toContain('nowhere');
  });

  it('serves the metrics that the documents name, in the text format', async () => {
    const reply = await api.app.inject({ url: '/metrics', headers: api.keyed });
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
    expect(reply.headers['cache-control']).toBe('no-store');
    const names = new Set([...reply.body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    for (const name of [
      'predictions_total',
      'prediction_latency_seconds',
      'prediction_log_rows_total',
      'model_generation',
      'model_swap_total',
      'jobs_total',
      'job_duration_seconds',
      'last_success_timestamp_seconds',
      'http_request_duration_seconds',
    ]) {
      expect([name, names.has(`tidemark_${name}`)]).toEqual([name, true]);
    }
    expect([...names].filter((name) => !name!.startsWith('tidemark_'))).toEqual([]);
  });

  it('shows this process in the status', async () => {
    const reply = await api.app.inject({ url: '/api/v1/status', headers: api.keyed });
    expect(reply.json()).toMatchObject({ processes: [{ kind: 'api', pid: process.pid, alive: true, serving: [] }] });
  });

  it('goes on accepting a key it has seen while the database is away', async () => {
    await api.app.inject({ url: '/api/v1/agents', headers: api.keyed });
    proxy.cut();
    expect((await api.app.inject({ url: '/api/v1/agents', headers: api.keyed })).statusCode).toBe(200);
    const reply = await api.app.inject({ url: '/api/v1/models', headers: api.keyed });
    expect([reply.statusCode, reply.json()]).toMatchObject([503, { code: 'DATABASE_UNAVAILABLE' }]);
  });
});
