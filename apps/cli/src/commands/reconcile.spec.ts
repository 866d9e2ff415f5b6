import { afterEach, describe, expect, it } from '@jest/globals';
import type { Reconciliation } from '@tidemark/contracts';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { FakeApi, type FakeRoutes } from '../testing/fake-api.js';
import { JOB_ID, sampleJob } from '../testing/samples.js';

const OK: Reconciliation = {
  timeline: 'main',
  agent: 'market_insight',
  day: '2020-03-16',
  state: 'ok',
  differences: 0,
  restatements: [
    {
      eventTime: '2020-03-13T00:00:00.000Z',
      knownAt: '2020-03-18T09:00:00.000Z',
      changes: { close: { before: 2711.02, after: 2711.25 } },
      prediction: {
        asOf: '2020-03-13T00:00:00.000Z',
        version: '1.0.0',
        logged: { probability: 0.5 },
        restated: { probability: 0.51 },
      },
    },
  ],
  checked: {
    from: '2020-03-16T00:00:00.000Z',
    to: '2020-03-17T00:00:00.000Z',
    bars: 5_100,
    predictions: 1,
    callers: 2,
    callerSupplied: 1,
    outcomes: 1,
    monitors: 17,
    decisions: 1,
    damagedBars: [],
  },
  at: '2020-03-17T05:00:00.000Z',
};
const DIFFERS: Reconciliation = {
  ...OK,
  state: 'differs',
  differences: 3,
  restatements: [],
  firstDifference: {
    table: 'bars',
    key: { series: 'sp500', event_time: '2020-03-13T00:00:00.000Z' },
    column: 'close',
    logged: 2711.02,
    rebuilt: 2700,
    cause: 'bar overwritten in place',
  },
};

describe('reconcile', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(['reconcile', ...args], { env: apiEnv(api.url) });
  }

  const job = (result: Reconciliation): FakeRoutes => ({
    'POST /api/v1/reconciliations': { status: 202, body: sampleJob({ kind: 'reconcile', state: 'queued' }) },
    [`GET /api/v1/jobs/${JOB_ID}`]: {
      body: sampleJob({ kind: 'reconcile', state: 'succeeded', result: { ...result } }),
    },
  });

  it('says that a day agrees, what was left out, and what a restatement would have changed', async () => {
    const { code, out } = await run(['2020-03-16', '--agent', 'market_insight'], job(OK));
    expect(code).toBe(0);
    expect(api.requests[0]!.body).toEqual({ agent: 'market_insight', day: '2020-03-16' });
    expect(out).toMatch(/state +ok/);
    expect(out).toContain('3 predictions, 1 outcomes, 17 figures of monitors, 1 decisions');
    expect(out).toContain('1 on features of the caller');
    expect(out).toContain('close 2711.02 to 2711.25; probability 0.5 would have been 0.51');
  });

  it('names the first difference, what it blocks, and how to go on', async () => {
    const { code, out } = await run(['--agent', 'market_insight', '--bars', '250'], job(DIFFERS));
    expect(code).toBe(70);
    expect(api.requests[0]!.body).toEqual({ agent: 'market_insight', bars: 250 });
    expect(out).toMatch(/likely cause +bar overwritten in place/);
    expect(out).toMatch(/came in as +2711.02/);
    expect(out).toMatch(/stored now +2700/);
    expect(out).toContain('reconcile explain 2020-03-16 --agent market_insight');
  });

  it('takes every agent when none is named', async () => {
    const view = { description: 'an agent', task: 'direction', hash: 'ff' };
    const agents = { items: ['market_insight', 'risk_assessor'].map((agent) => ({ agent, ...view })) };
    await run(['2020-03-16'], { ...job(OK), 'GET /api/v1/agents': { body: agents } });
    const started = api.requests.filter(({ line }) => line === 'POST /api/v1/reconciliations');
    expect(started.map(({ body }) => body)).toEqual([
      { agent: 'market_insight', day: '2020-03-16' },
      { agent: 'risk_assessor', day: '2020-03-16' },
    ]);
  });

  it('lists them', async () => {
    const { out } = await run(['list', '--state', 'differs'], {
      'GET /api/v1/reconciliations': { body: { items: [DIFFERS] } },
    });
    expect(api.requests[0]!.line).toBe('GET /api/v1/reconciliations?state=differs');
    expect(out).toMatch(/2020-03-16 +market_insight +differs +3 +0 +bar overwritten in place in bars/);
  });

  it('explains a difference', async () => {
    const { out } = await run(['explain', '2020-03-16', '--agent', 'market_insight', '--note', 'vendor'], {
      'POST /api/v1/reconciliations/explain': {
        body: { ...DIFFERS, state: 'explained', note: 'vendor', explainedBy: 'desk' },
      },
    });
    expect(api.requests[0]!.body).toEqual({ day: '2020-03-16', agent: 'market_insight', note: 'vendor' });
    expect(out).toMatch(/explained +vendor \(desk\)/);
  });
});
