import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeCursor } from '@tidemark/kernel';
import { startTestApi, type TestApi } from './testing/test-api.js';

interface Bad {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly body?: unknown;
  readonly status: number;
  readonly code: string;
}

const NO_ID = '00000000-0000-4000-8000-000000000000';
const V1 = '/api/v1';

const get = (url: string, status: number, code: string): Bad => ({ method: 'GET', url: V1 + url, status, code });
const post = (url: string, body: unknown, status: number, code: string): Bad => ({
  method: 'POST',
  url: V1 + url,
  body,
  status,
  code,
});
const remove = (url: string, status: number, code: string): Bad => ({ method: 'DELETE', url: V1 + url, status, code });

/** Lists, and what else their query needs. */
const LISTS = [
  '/models?',
  '/models/stranger/versions?',
  '/models/stranger/deployments?',
  '/jobs?',
  `/jobs/${NO_ID}/logs?`,
  '/runs?',
  '/bars?series=sp500&',
  '/predictions?',
  '/outcomes?agent=market_insight&',
  '/decisions?',
  '/monitoring/alerts?',
  '/monitoring/drift?',
  '/monitoring/performance?',
  '/monitoring/importance?',
];

const LIST_FAULTS: Bad[] = LISTS.flatMap((list) => [
  get(`${list}limit=0`, 400, 'REQUEST_INVALID'),
  get(`${list}limit=501`, 400, 'REQUEST_INVALID'),
  get(`${list}limit=many`, 400, 'REQUEST_INVALID'),
  get(`${list}limit=1&limit=2`, 400, 'REQUEST_INVALID'),
  get(`${list}colour=red`, 400, 'REQUEST_INVALID'),
  get(`${list}cursor=${'x'.repeat(600)}`, 400, 'REQUEST_INVALID'),
]);

/** Cursors that are none, or whose keys are not what the list sorts by. */
const CURSOR_FAULTS: Bad[] = LISTS.filter((list) => !list.includes('stranger') && !list.includes(NO_ID)).flatMap(
  (list) =>
    [
      '!',
      encodeCursor([]),
      encodeCursor([true as unknown as string]),
      encodeCursor(["'", "'", "'"]),
      encodeCursor(["'"]),
    ].map((cursor) => get(`${list}cursor=${encodeURIComponent(cursor)}`, 400, 'CURSOR_INVALID')),
);

const bar = { time: '2020-01-02', open: 1, high: 1, low: 1, close: 1, volume: 1 };

const GET_FAULTS: Bad[] = [
  get('/models/Bad-Name', 400, 'REQUEST_INVALID'),
  get('/models/stranger', 404, 'MODEL_UNKNOWN'),
  get('/models/stranger/versions', 404, 'MODEL_UNKNOWN'),
  get('/models/stranger/deployments', 404, 'MODEL_UNKNOWN'),
  get('/models/stranger/1', 404, 'MODEL_UNKNOWN'),
  get('/models/stranger/latest', 400, 'REQUEST_INVALID'),
  get('/models/stranger/1.2', 400, 'REQUEST_INVALID'),
  get('/models/stranger/99999999999', 400, 'REQUEST_INVALID'),
  get('/jobs/17', 400, 'REQUEST_INVALID'),
  get(`/jobs/${NO_ID}`, 404, 'JOB_NOT_FOUND'),
  get(`/jobs/${NO_ID}/logs`, 404, 'JOB_NOT_FOUND'),
  get('/jobs?state=lost', 400, 'REQUEST_INVALID'),
  get('/jobs?kind=cook', 400, 'REQUEST_INVALID'),
  get('/jobs?agent=Bad-Name', 400, 'REQUEST_INVALID'),
  get('/training/status/17', 400, 'REQUEST_INVALID'),
  get(`/training/status/${NO_ID}`, 404, 'JOB_NOT_FOUND'),
  get('/runs/17', 400, 'REQUEST_INVALID'),
  get(`/runs/${NO_ID}`, 404, 'RUN_UNKNOWN'),
  get('/runs?jobId=17', 400, 'REQUEST_INVALID'),
  get('/runs?agent=Bad-Name', 400, 'REQUEST_INVALID'),
  get('/bars', 400, 'REQUEST_INVALID'),
  get('/bars?series=Bad-Name', 400, 'REQUEST_INVALID'),
  get('/bars?series=sp500&from=yesterday', 400, 'REQUEST_INVALID'),
  get('/bars?series=sp500&to=2020-02-30', 400, 'REQUEST_INVALID'),
  get('/bars?series=sp500&asOf=2020-01-01T00:00:00', 400, 'REQUEST_INVALID'),
  get('/predictions/17', 400, 'REQUEST_INVALID'),
  get(`/predictions/${NO_ID}`, 404, 'PREDICTION_UNKNOWN'),
  get('/predictions?mode=dream', 400, 'REQUEST_INVALID'),
  get('/predictions?agent=Bad-Name', 400, 'REQUEST_INVALID'),
  get('/predictions?from=1', 400, 'REQUEST_INVALID'),
  get('/outcomes', 400, 'REQUEST_INVALID'),
  get('/outcomes?agent=Bad-Name', 400, 'REQUEST_INVALID'),
  get('/outcomes?agent=market_insight&to=soon', 400, 'REQUEST_INVALID'),
  get('/decisions/17', 400, 'REQUEST_INVALID'),
  get(`/decisions/${NO_ID}`, 404, 'DECISION_UNKNOWN'),
  get(`/decisions/${NO_ID}/explain`, 404, 'DECISION_UNKNOWN'),
  get('/decisions?only=good', 400, 'REQUEST_INVALID'),
  get('/monitoring/summary/Bad-Name', 400, 'REQUEST_INVALID'),
  get('/monitoring/alerts?state=lost', 400, 'REQUEST_INVALID'),
  get('/monitoring/alerts?severity=bad', 400, 'REQUEST_INVALID'),
  get('/agents/Bad-Name/controls', 400, 'REQUEST_INVALID'),
  get('/agents/stranger/controls', 404, 'AGENT_NOT_FOUND'),
  get('/models/stranger/compare/latest/2', 400, 'REQUEST_INVALID'),
  get('/models/stranger/compare/1/2', 404, 'MODEL_UNKNOWN'),
  get('/monitoring/dashboard/Bad-Name', 400, 'REQUEST_INVALID'),
  get('/timelines/Bad-Name/digest?agent=market_insight', 400, 'REQUEST_INVALID'),
  get('/timelines/main/digest', 400, 'REQUEST_INVALID'),
  get('/timelines/main/digest?agent=market_insight&until=soon', 400, 'REQUEST_INVALID'),
  get('/timelines/main/digest?agent=market_insight', 404, 'LOOP_MISSING'),
];

const POST_FAULTS: Bad[] = [
  post('/models/stranger/1/promote', {}, 404, 'MODEL_UNKNOWN'),
  post('/models/Bad-Name/1/promote', {}, 400, 'REQUEST_INVALID'),
  post('/models/stranger/latest/promote', {}, 400, 'REQUEST_INVALID'),
  post('/models/stranger/1/promote', { override: 'no' }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/1/promote', { override: 'with a \u0000 in it' }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/1/promote', { override: 17 }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/1/promote', { force: true }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/rollback', {}, 404, 'MODEL_UNKNOWN'),
  post('/models/stranger/rollback', { version: 'abc' }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/rollback', { version: '1.2' }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/rollback', { reason: 7 }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/rollback', { to: '1' }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/1/stage', { stage: 'Production' }, 400, 'REQUEST_INVALID'),
  post('/models/stranger/1/stage', {}, 400, 'REQUEST_INVALID'),
  post('/models/stranger/1/stage', { stage: 'Staging' }, 404, 'MODEL_UNKNOWN'),
  post('/jobs/17/cancel', undefined, 400, 'REQUEST_INVALID'),
  post(`/jobs/${NO_ID}/cancel`, undefined, 404, 'JOB_NOT_FOUND'),
  post('/jobs/17/retry', undefined, 400, 'REQUEST_INVALID'),
  post(`/jobs/${NO_ID}/retry`, undefined, 404, 'JOB_NOT_FOUND'),
  post('/agents/Bad-Name/ingest', undefined, 400, 'REQUEST_INVALID'),
  post('/agents/stranger/ingest', undefined, 404, 'AGENT_NOT_FOUND'),
  post('/training/start', undefined, 400, 'REQUEST_INVALID'),
  post('/training/start', {}, 400, 'REQUEST_INVALID'),
  post('/training/start', { agent: 'stranger' }, 404, 'AGENT_NOT_FOUND'),
  post('/training/start', { agent: 'market_insight', families: [] }, 400, 'REQUEST_INVALID'),
  post('/training/start', { agent: 'market_insight', families: ['oracle'] }, 400, 'REQUEST_INVALID'),
  post('/training/start', { agent: 'market_insight', seed: -1 }, 400, 'REQUEST_INVALID'),
  post('/training/start', { agent: 'market_insight', asOf: 'now' }, 400, 'REQUEST_INVALID'),
  post('/training/start', { agent: 'market_insight', colour: 'red' }, 400, 'REQUEST_INVALID'),
  post('/predict', undefined, 400, 'REQUEST_INVALID'),
  post('/predict', [], 400, 'REQUEST_INVALID'),
  post('/predict', {}, 400, 'REQUEST_INVALID'),
  post('/predict', { agent: 'stranger' }, 404, 'AGENT_NOT_FOUND'),
  post('/predict', { agent: 'market_insight' }, 503, 'NOT_READY'),
  post('/predict', { agent: 'market_insight', version: '9' }, 404, 'VERSION_UNKNOWN'),
  post('/predict', { agent: 'market_insight', version: 'newest' }, 400, 'REQUEST_INVALID'),
  post('/predict', { agent: 'market_insight', durability: 'maybe' }, 400, 'REQUEST_INVALID'),
  post('/predict', { agent: 'market_insight', features: { ret_1: 'high' } }, 400, 'REQUEST_INVALID'),
  post('/predict', { agent: 'market_insight', key: 'x'.repeat(201) }, 400, 'REQUEST_INVALID'),
  post('/predict', { agent: 'market_insight', key: 'a\u0000b' }, 400, 'REQUEST_INVALID'),
  post('/predict', { agent: 'market_insight', asOf: '2020-01-01', features: { a: 1 } }, 400, 'PREDICT_AMBIGUOUS'),
  post('/predict', { items: [] }, 400, 'REQUEST_INVALID'),
  post('/predict', { items: [{ agent: 'market_insight', durability: 'durable' }] }, 400, 'REQUEST_INVALID'),
  post('/predict', { items: [{ agent: 'market_insight' }, { agent: 'stranger' }] }, 503, 'NOT_READY'),
  post('/predict', { items: Array.from({ length: 1_001 }, () => ({ agent: 'x' })) }, 413, 'PREDICT_TOO_MANY_ROWS'),
  post('/bars', {}, 400, 'REQUEST_INVALID'),
  post('/bars', { series: 'Bad-Name', bars: [bar] }, 400, 'REQUEST_INVALID'),
  post('/bars', { series: 's', bars: [] }, 400, 'REQUEST_INVALID'),
  post('/bars', { series: 's', bars: [{ ...bar, close: '1' }] }, 400, 'REQUEST_INVALID'),
  post('/bars', { series: 's', bars: [{ ...bar, close: -1 }] }, 400, 'REQUEST_INVALID'),
  post('/bars', { series: 's', bars: [{ ...bar, time: '02.01.2020' }] }, 400, 'REQUEST_INVALID'),
  post('/bars', { series: 's', bars: [{ ...bar, colour: 'red' }] }, 400, 'REQUEST_INVALID'),
  post('/bars', { series: 's', bars: [{ ...bar, low: 2 }] }, 400, 'BARS_INVALID'),
  post('/bars', { series: 's', bars: [bar, bar] }, 400, 'BARS_INVALID'),
  post('/main-job', { rerun: 'yes' }, 400, 'REQUEST_INVALID'),
  post('/main-job', { again: true }, 400, 'REQUEST_INVALID'),
  post('/studies', { agents: [] }, 400, 'REQUEST_INVALID'),
  post('/studies', { sizes: { draws: 1 } }, 400, 'REQUEST_INVALID'),
  post('/studies', { colour: 'red' }, 400, 'REQUEST_INVALID'),
  post('/reconciliations', { colour: 'red' }, 400, 'REQUEST_INVALID'),
  post('/reconciliations/explain', {}, 400, 'REQUEST_INVALID'),
  post('/schedule/trigger', {}, 400, 'REQUEST_INVALID'),
  post('/schedule/trigger', { type: 'drift', agent: 'stranger' }, 404, 'AGENT_NOT_FOUND'),
  post('/training/trigger-retraining', { agent: 'Bad-Name' }, 400, 'REQUEST_INVALID'),
  post('/monitoring/run', { agent: 'Bad-Name' }, 400, 'REQUEST_INVALID'),
  post('/monitoring/log-prediction', {}, 400, 'REQUEST_INVALID'),
  post('/replays', { agents: [] }, 400, 'REQUEST_INVALID'),
  post('/replays', { agents: ['stranger'] }, 404, 'AGENT_NOT_FOUND'),
  post('/replays', { timeline: 'main' }, 409, 'REPLAY_ON_LIVE'),
  post('/replays', { timeline: 'Bad Name' }, 400, 'REQUEST_INVALID'),
  post('/replays', { from: '2020-02-30' }, 400, 'REQUEST_INVALID'),
  post('/replays', { policy: { gates: { newRecipe: 'luck' } } }, 400, 'REQUEST_INVALID'),
  post('/timelines/Bad Name/adopt', undefined, 400, 'REQUEST_INVALID'),
  post('/timelines/nowhere/adopt', undefined, 404, 'TIMELINE_UNKNOWN'),
  post('/timelines/undo-adopt', undefined, 409, 'ADOPT_NOTHING_BEFORE'),
  post('/monitoring/alerts/17/acknowledge', {}, 400, 'REQUEST_INVALID'),
  post(`/monitoring/alerts/${NO_ID}/acknowledge`, {}, 404, 'ALERT_UNKNOWN'),
  post(`/monitoring/alerts/${NO_ID}/acknowledge`, { note: 7 }, 400, 'REQUEST_INVALID'),
  post(`/monitoring/alerts/${NO_ID}/resolve`, {}, 404, 'ALERT_UNKNOWN'),
  post('/agents/stranger/freeze', { reason: 'because' }, 404, 'AGENT_NOT_FOUND'),
  post('/agents/market_insight/freeze', {}, 400, 'REQUEST_INVALID'),
  post('/agents/stranger/pin', { version: '1' }, 404, 'AGENT_NOT_FOUND'),
  post('/agents/market_insight/pin', { version: '9' }, 404, 'VERSION_UNKNOWN'),
  post('/agents/market_insight/pin', {}, 400, 'REQUEST_INVALID'),
  post('/agents/market_insight/latches/zz/release', undefined, 400, 'REQUEST_INVALID'),
  post('/agents/market_insight/latches/3f2a9c01/release', undefined, 404, 'LATCH_UNKNOWN'),
];

const DELETE_FAULTS: Bad[] = [
  remove('/agents/Bad-Name/freeze', 400, 'REQUEST_INVALID'),
  remove('/agents/stranger/freeze', 404, 'AGENT_NOT_FOUND'),
  remove('/agents/stranger/pin', 404, 'AGENT_NOT_FOUND'),
];

const UNKNOWN: Bad[] = [
  get('/unknown', 404, 'ROUTE_UNKNOWN'),
  { method: 'GET', url: '/', status: 404, code: 'ROUTE_UNKNOWN' },
  { method: 'PUT', url: `${V1}/models`, status: 404, code: 'ROUTE_UNKNOWN' },
  { method: 'DELETE', url: `${V1}/jobs/${NO_ID}`, status: 404, code: 'ROUTE_UNKNOWN' },
  { method: 'GET', url: `${V1}/models/%zz`, status: 400, code: 'REQUEST_INVALID' },
];

describe('bad requests', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  const expectError = (reply: { statusCode: number; json(): unknown }, status: number, code: string): void => {
    expect(reply.json()).toEqual({
      code,
      message: expect.stringMatching(/\S/),
      details: expect.any(Object),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(reply.statusCode).toBe(status);
  };
  const send = (payload: string | undefined, url: string, type?: string) =>
    api.app.inject({
      method: 'POST',
      url,
      headers: { ...api.keyed, ...(type === undefined ? {} : { 'content-type': type }) },
      payload,
    });

  it.each([...LIST_FAULTS, ...CURSOR_FAULTS, ...GET_FAULTS, ...POST_FAULTS, ...DELETE_FAULTS, ...UNKNOWN])(
    '$method $url is refused with $status $code',
    async ({ method, url, body, status, code }) => {
      const payload = body === undefined ? {} : { payload: body as object };
      expectError(await api.app.inject({ method, url, headers: api.keyed, ...payload }), status, code);
    },
  );

  const BODIES = [
    '/predict',
    '/bars',
    '/training/start',
    '/main-job',
    '/replays',
    '/agents/market_insight/freeze',
    '/models/m/1/promote',
    '/models/m/rollback',
  ];

  it.each(BODIES)('POST %s refuses what is not JSON', async (url) => {
    expectError(await send('{"agent":', V1 + url, 'application/json'), 400, 'REQUEST_INVALID');
    expectError(await send('', V1 + url, 'application/json'), 400, 'REQUEST_INVALID');
    expectError(await send('"text"', V1 + url, 'application/json'), 400, 'REQUEST_INVALID');
    expectError(await send('null', V1 + url, 'application/json'), 400, 'REQUEST_INVALID');
    expectError(await send('agent: x', V1 + url, 'application/yaml'), 415, 'CONTENT_TYPE_UNSUPPORTED');
    expectError(await send('a,b', V1 + url, 'text/csv'), 415, 'CONTENT_TYPE_UNSUPPORTED');
  });

  it.each(BODIES)('POST %s refuses a body over the limit', async (url) => {
    const body = JSON.stringify({ pad: 'x'.repeat(api.config.predict.maxBodyBytes) });
    expectError(await send(body, V1 + url, 'application/json'), 413, 'BODY_TOO_LARGE');
  });

  it('covers every route that takes input', () => {
    const tried = [...LIST_FAULTS, ...GET_FAULTS, ...POST_FAULTS, ...DELETE_FAULTS].map(({ method, url }) => ({
      method,
      url,
    }));
    const takesInput = api.routes.filter(
      ({ method, url }) => url.startsWith(V1) && method !== 'HEAD' && (method === 'POST' || url.includes(':')),
    );
    const untried = takesInput.filter(({ method, url }) => {
      const pattern = new RegExp(`^${url.replace(/:[a-zA-Z]+/g, '[^/?]+')}(\\?|$)`);
      return !tried.some((bad) => bad.method === method && pattern.test(bad.url));
    });
    expect(untried.map(({ method, url }) => `${String(method)} ${url}`)).toEqual([]);
  });

  it('says what was wrong where, in a union too', async () => {
    const body = { items: [{ agent: 'market_insight' }, { agent: 'market_insight', asOf: 'soon' }] };
    const reply = await api.app.inject({ method: 'POST', url: `${V1}/predict`, headers: api.keyed, payload: body });
    expect(reply.json()).toMatchObject({ details: { problems: [{ path: 'items.1.asOf' }] } });
  });

  it('ignores keys that would reach an object’s prototype', async () => {
    const body = '{"agent":"market_insight","__proto__":{"admin":true}}';
    const reply = await send(body, `${V1}/predict`, 'application/json');
    expect([400, 503]).toContain(reply.statusCode);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
