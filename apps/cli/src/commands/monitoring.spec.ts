import { afterEach, describe, expect, it } from '@jest/globals';
import type { Alert } from '@tidemark/contracts';
import { FakeApi, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';

const ALERT_ID = '0190a3c4-0000-7000-8000-000000000009';
const alert: Alert = {
  id: ALERT_ID,
  timeline: 'main',
  agent: 'market_insight',
  kind: 'DRIFT',
  severity: 'medium',
  monitor: 'features',
  subject: 'ret_1',
  state: 'firing',
  message: 'ret_1: psi/quantile-ref 0.61 against 0.34, the limit from 43 past windows of its own.',
  openedAsOf: '2020-03-02T00:00:00.000Z',
  openedAt: '2020-03-03T00:00:00.000Z',
};

describe('monitoring', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url) });
  }

  it('lists alerts with the filters it was given', async () => {
    const { out } = await run(['alerts', '--state', 'firing', '--severity', 'medium'], {
      'GET /api/v1/monitoring/alerts': { body: { items: [alert] } },
    });
    expect(api.requests[0]!.line).toBe('GET /api/v1/monitoring/alerts?state=firing&severity=medium');
    expect(out).toMatch(/market_insight +DRIFT +medium +firing +2020-03-02 +– +– +ret_1: psi/);
  });

  it('acknowledges and resolves', async () => {
    const acknowledged = await run(['alerts', 'ack', ALERT_ID, '--note', 'seen'], {
      [`POST /api/v1/monitoring/alerts/${ALERT_ID}/acknowledge`]: { body: { ...alert, acknowledgedBy: 'me' } },
      [`POST /api/v1/monitoring/alerts/${ALERT_ID}/resolve`]: { body: { ...alert, state: 'resolved' } },
    });
    expect(acknowledged.out).toBe(`Alert ${ALERT_ID} is firing, acknowledged by me.\n`);
    const resolved = await cli(['alerts', 'resolve', ALERT_ID], { env: apiEnv(api.url) });
    expect(resolved.out).toBe(`Alert ${ALERT_ID} is resolved.\n`);
  });

  it('shows drift by input, with what cannot speak yet', async () => {
    const items = [
      { monitor: 'features', subject: 'features', phase: 'ok', value: 0, limit: 6 },
      {
        monitor: 'features',
        subject: 'ret_1',
        phase: 'silent',
        status: 'insufficient',
        statistic: 'psi/quantile-ref',
        value: 0.2,
      },
      { monitor: 'loss', subject: 'log_loss', phase: 'ok' },
      {
        monitor: 'predictions',
        subject: 'probability',
        phase: 'firing',
        status: 'warning',
        statistic: 'w1/iqr',
        value: 0.5,
        limit: 0.25,
        speaksFrom: '2010-01-04T00:00:00.000Z',
      },
    ];
    const { out } = await run(['ai', 'drift', 'market_insight'], {
      'GET /api/v1/monitoring/summary/market_insight': { body: { timeline: 'main', agent: 'market_insight', items } },
    });
    expect(out).toMatch(/ret_1 +– +psi\/quantile-ref +0\.2 +– +insufficient +silent +–/);
    expect(out).toMatch(/probability .*0\.5 +0\.25 +warning +firing +2010-01-04/);
    expect(out).not.toMatch(/log_loss/);
    expect(out.trimEnd().split('\n')).toHaveLength(3);
  });

  it('shows how what serves has done, bar by bar', async () => {
    const row = { timeline: 'main', agent: 'risk_assessor', monitor: 'loss', version: '1.0.0', bars: 250 };
    const items = [
      { ...row, asOf: '2020-03-16T00:00:00.000Z', value: 0.021, limit: 0.018, status: 'critical', details: {} },
      { ...row, asOf: '2020-03-13T00:00:00.000Z', status: 'insufficient', details: {} },
    ];
    const { out } = await run(['ai', 'performance', 'risk_assessor', '--limit', '2'], {
      'GET /api/v1/monitoring/performance': { body: { items } },
    });
    expect(api.requests[0]!.line).toBe('GET /api/v1/monitoring/performance?agent=risk_assessor&limit=2');
    expect(out).toMatch(/2020-03-16 +loss +1\.0\.0 +250 +0\.021 +0\.018 +critical/);
    expect(out).toMatch(/2020-03-13 +loss +1\.0\.0 +250 +– +– +insufficient/);
  });

  it('says when nothing was observed yet', async () => {
    const { out } = await run(['ai', 'drift', 'market_insight'], {
      'GET /api/v1/monitoring/summary/market_insight': {
        body: { timeline: 'main', agent: 'market_insight', items: [] },
      },
      'GET /api/v1/monitoring/performance': { body: { items: [] } },
    });
    expect(out).toMatch(/has not observed a bar yet/);
    const performance = await cli(['ai', 'performance', 'market_insight'], { env: apiEnv(api.url) });
    expect(performance.out).toMatch(/has matured yet/);
  });
});
