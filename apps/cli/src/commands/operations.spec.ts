import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeApi, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { RUN_ID, JOB_ID, sampleJob } from '../testing/samples.js';

const MAIN_JOB = { state: 'succeeded', progress: 1, message: 'done', jobs: [], results: [], text: 'the table\n' };

describe('status, agents, runs and the main job', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url), now: '2026-01-01T10:00:10Z' });
  }

  it('shows version, generation and lag of every process', async () => {
    const process = {
      id: 'p',
      pid: 7,
      startedAt: '2026-01-01T09:00:00.000Z',
      seenAt: '2026-01-01T10:00:08.000Z',
      alive: true,
    };
    const serving = [{ agent: 'market_insight', version: '0.1.0', generation: 1, registryGeneration: 2, lag: 1 }];
    const { out } = await run(['status'], {
      'GET /api/v1/status': {
        body: {
          processes: [
            { ...process, kind: 'api', serving },
            { ...process, kind: 'worker', pid: 8, alive: false, serving: [] },
          ],
        },
      },
    });
    expect(out).toMatch(/^api +7 {2}alive +2 s ago +market_insight +0\.1\.0 +1 +1$/m);
    expect(out).toMatch(/^worker +8 {2}gone +2 s ago +– +– +– +–$/m);
  });

  it('lists the agents', async () => {
    const agent = {
      agent: 'market_insight',
      description: 'd',
      task: 'direction',
      hash: 'ab'.repeat(32),
      source: { series: 'sp500', kind: 'csv' },
      baseline: 'base_rate',
      families: ['logistic', 'gbdt'],
      sealedFrom: '2017-01-01',
    };
    const { out } = await run(['agents'], { 'GET /api/v1/agents': { body: { items: [agent] } } });
    expect(out).toMatch(
      /^market_insight {2}direction {2}sp500 +base_rate {2}logistic, gbdt {2}2017-01-01 +abababababababab$/m,
    );
  });

  it('lists and shows runs', async () => {
    const sample = {
      id: RUN_ID,
      jobId: JOB_ID,
      timeline: 'main',
      agent: 'market_insight',
      family: 'gbdt',
      state: 'failed',
      seed: 1,
      params: { trees: 5 },
      metrics: { 'choice.loss': 0.7 },
      configurationsTried: 3,
      dataHash: 'ab'.repeat(32),
      asOf: '2017-01-01T00:00:00.000Z',
      error: { code: 'TRAINING_TIME_LIMIT', message: 'late' },
      startedAt: '2026-01-01T10:00:00.000Z',
    };
    const list = await run(['runs', '--agent', 'market_insight', '--job', JOB_ID], {
      'GET /api/v1/runs': { body: { items: [sample] } },
      [`GET /api/v1/runs/${RUN_ID}`]: { body: sample },
    });
    expect(api.requests[0]!.line).toBe(`GET /api/v1/runs?agent=market_insight&jobId=${JOB_ID}`);
    expect(list.out).toMatch(/gbdt +failed +0\.7 +3 {2}2017-01-01/);
    const one = await cli(['runs', 'show', RUN_ID], { env: apiEnv(api.url) });
    expect(one.out).toContain('TRAINING_TIME_LIMIT: late');
    expect(one.out).toContain('{"trees":5}');
  });

  it('prints the stored result table', async () => {
    const { out } = await run(['main-job'], { 'GET /api/v1/main-job': { body: MAIN_JOB } });
    expect(out).toBe('the table\n\nThe main job has succeeded.\n');
  });

  it('runs the main job again only when asked, and follows it', async () => {
    const started = { ...MAIN_JOB, state: 'running', progress: 0.5, message: 'fitting', text: undefined };
    const { out, err } = await run(['main-job', '--rerun'], {
      'POST /api/v1/main-job': { body: started },
      'GET /api/v1/main-job': [{ body: started }, { body: MAIN_JOB }],
    });
    expect(api.requests[0]!.body).toEqual({ rerun: true });
    expect(err).toContain(' 50 % fitting');
    expect(out).toContain('the table');
  });

  it('fails with every failure of its jobs when it was followed', async () => {
    const failed = sampleJob({ state: 'failed', error: { code: 'NO_BARS', message: 'ingest first' } });
    const { code, err } = await run(['main-job', '--start'], {
      'POST /api/v1/main-job': {
        body: { ...MAIN_JOB, state: 'failed', message: 'train', jobs: [failed], text: undefined },
      },
    });
    expect(code).toBe(75);
    expect(err).toContain(`train market_insight (${JOB_ID}): NO_BARS: ingest first`);
  });
});
