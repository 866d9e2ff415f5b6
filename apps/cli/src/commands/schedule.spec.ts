import { afterEach, describe, expect, it } from '@jest/globals';
import type { Job, ScheduleStatus } from '@tidemark/contracts';
import { FakeApi, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';

const status: ScheduleStatus = {
  timeline: 'main',
  flags: {
    ENABLE_MLOPS_JOBS: true,
    mlops_auto_retrain: false,
    mlops_drift_detection: true,
    mlops_hyperparameter_sweeps: false,
  },
  agents: [
    {
      agent: 'market_insight',
      schedules: [
        {
          schedule: 'drift',
          enabled: true,
          nextSlot: '2020-04-18T06:00:00.000Z',
          last: { slot: '2020-04-18T00:00:00.000Z', state: 'done', outcome: '1 bar' },
          due: 1,
          missed: 2,
          skipped: 17_000,
        },
        { schedule: 'retrain', enabled: false, due: 0, missed: 0, skipped: 0 },
        {
          schedule: 'reconciliation',
          enabled: true,
          nextSlot: '2020-04-19T05:00:00.000Z',
          last: { slot: '2020-04-18T05:00:00.000Z', state: 'done', outcome: 'equal' },
          due: 0,
          missed: 1,
          skipped: 3,
        },
      ],
    },
  ],
  prune: { enabled: true, nextSlot: '2020-04-19T05:30:00.000Z', last: undefined },
};

const job = (agent: string): Job => ({
  id: '0190a3c4-0000-7000-8000-000000000001',
  kind: 'slot',
  agent,
  state: 'queued',
  attempt: 0,
  maxAttempts: 3,
  progress: { fraction: 0, message: '' },
  payload: {},
  cancelRequested: false,
  createdAt: '2020-04-18T01:00:00.000Z',
});

describe('schedule', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url) });
  }

  it('shows next and last slots, and what is switched off', async () => {
    const { out } = await run(['schedule'], { 'GET /api/v1/schedule': { body: status } });
    expect(out).toMatch(/^Timeline main; switched off: mlops_auto_retrain, mlops_hyperparameter_sweeps\.$/m);
    expect(out).toMatch(/drift +yes +2020-04-18 06:00:00Z +2020-04-18 +done +1 bar +1 +2 +17000/);
    expect(out).toMatch(/reconciliation +yes +2020-04-19 05:00:00Z +2020-04-18 05:00:00Z +done +equal +0 +1 +3/);
    expect(out).toMatch(/retrain +no +– +– +– +– +0 +0 +0/);
    expect(out).toContain('Prune of the installation: next 2020-04-19 05:30:00Z; last none yet.');
  });

  it('shows what became of the last prune', async () => {
    const last = { ...job('installation'), kind: 'prune' as const, state: 'succeeded' as const };
    const { out } = await run(['schedule'], {
      'GET /api/v1/schedule': { body: { ...status, prune: { enabled: false, last } } },
    });
    expect(out).toContain(
      `Prune of the installation: switched off; last 2020-04-18 01:00:00Z succeeded, job ${last.id}.`,
    );
  });

  it('queues a slot of one agent', async () => {
    const { out } = await run(['schedule', 'trigger', 'retrain', 'market_insight'], {
      'POST /api/v1/schedule/trigger': { status: 202, body: { jobs: [job('market_insight')] } },
    });
    expect(api.requests[0]!.body).toEqual({ type: 'retrain', agent: 'market_insight' });
    expect(out).toMatch(/^Queued retrain of market_insight: .*jobs show 0190a3c4/);
  });

  it('says which job types there are', async () => {
    const message = 'There is no job type nightly: expected one of drift, retrain.';
    const refused = await run(['schedule', 'trigger', 'nightly'], {
      'POST /api/v1/schedule/trigger': {
        status: 404,
        body: { code: 'JOB_TYPE_UNKNOWN', message, details: {}, requestId: 'r' },
      },
    });
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining(message)]);
  });
});
