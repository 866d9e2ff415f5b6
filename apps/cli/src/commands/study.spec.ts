import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeApi, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { sampleJob } from '../testing/samples.js';

const running = {
  study: 'study-1',
  state: 'running',
  progress: 0.25,
  message: 'a replay study-1-grid: 2009-03-02',
  jobs: [],
  results: [],
  reports: [],
};
const done = { ...running, state: 'succeeded', progress: 1, text: '7 Placebo', reports: ['/reports/study-1/a'] };

describe('replay study', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(['replay', 'study', ...args], { env: apiEnv(api.url) });
  }

  it('starts one, follows it and shows what came out', async () => {
    const { code, out, err } = await run(['--agent', 'market_insight', '--draws', '500'], {
      'POST /api/v1/studies': { body: running },
      'GET /api/v1/studies': { body: done },
    });
    expect(code).toBe(0);
    expect(api.requests[0]!.body).toEqual({ agents: ['market_insight'], sizes: { draws: 500 } });
    expect(err).toContain('25 %');
    expect(out).toContain('7 Placebo');
    expect(out).toContain('/reports/study-1/a');
  });

  it('shows the newest one without starting anything', async () => {
    const { out } = await run(['--show'], { 'GET /api/v1/studies': { body: running } });
    expect(out).toContain('The study study-1 is running: 25 %');
    expect(api.requests).toHaveLength(1);
  });

  it('ends as failed, with the reason and the way on', async () => {
    const job = sampleJob({ kind: 'replay', state: 'failed', error: { code: 'REPLAY_HALTED', message: 'too slow' } });
    const { code, err } = await run([], {
      'POST /api/v1/studies': { body: { ...running, state: 'failed', jobs: [job] } },
    });
    expect(code).toBe(75);
    expect(err).toMatch(/STUDY_FAILED.*\n.*REPLAY_HALTED: too slow/);
  });
});
