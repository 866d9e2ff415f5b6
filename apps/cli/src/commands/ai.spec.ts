import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeApi, errorBody, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult, type CliSurroundings } from '../testing/cli-run.js';
import { JOB_ID, TRAIN_RESULT, sampleJob } from '../testing/samples.js';

const START = 'POST /api/v1/training/start';
const STATUS = `GET /api/v1/jobs/${JOB_ID}`;
const queued = { status: 202, body: sampleJob({ state: 'queued', progress: { fraction: 0, message: '' } }) };
const running = { body: sampleJob() };
const succeeded = {
  body: sampleJob({ state: 'succeeded', progress: { fraction: 1, message: 'done' }, result: TRAIN_RESULT }),
};

describe('ai', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes, surroundings: CliSurroundings = {}): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url), ...surroundings });
  }

  it('starts a training, follows it to the end and prints the verdict of the gate', async () => {
    const { code, out, err } = await run(['ai', 'retrain', 'market_insight'], {
      [START]: queued,
      [STATUS]: [running, succeeded],
    });
    expect(code).toBe(0);
    expect(err).toContain(' 25 % train market_insight: logistic: fold 1');
    expect(out).toContain('market_insight 1.0.0 (sequence 2) is registered: logistic');
    expect(out).toContain('Gate not passed: not shown to be better');
    expect(out).toContain('1.0.0 is not promoted');
  });

  it('sends what the options say', async () => {
    const args = [
      'ai',
      'retrain',
      'risk_assessor',
      '--as-of',
      '2016-12-31',
      '--families',
      'log_har,ewma',
      '--seed',
      '7',
      '--patch',
      '--detach',
    ];
    const { out } = await run(args, { [START]: queued });
    expect(api.requests[0]!.body).toEqual({
      agent: 'risk_assessor',
      asOf: '2016-12-31',
      families: ['log_har', 'ewma'],
      seed: 7,
      bump: 'patch',
    });
    expect(api.requests).toHaveLength(1);
    expect(out).toContain(`npx tidemark jobs logs ${JOB_ID} --follow`);
  });

  it('leaves the job alone on Ctrl-C and says how to cancel it', async () => {
    const { code, out, err } = await run(
      ['ai', 'retrain', 'market_insight'],
      { [START]: queued, [STATUS]: running },
      { onListening: (press) => setTimeout(press, 20) },
    );
    expect(code).toBe(130);
    expect(out).toBe('');
    expect(err).toContain(`npx tidemark jobs cancel ${JOB_ID}`);
    expect(api.requests.some(({ line }) => line.includes('cancel'))).toBe(false);
  });

  it('ends with the code of a job that failed', async () => {
    const failed = {
      body: sampleJob({ state: 'failed', error: { code: 'TRAINING_INSUFFICIENT_DATA', message: 'needs 900 bars' } }),
    };
    const { code, err } = await run(['ai', 'retrain', 'market_insight'], { [START]: queued, [STATUS]: failed });
    expect(code).toBe(75);
    expect(err).toMatch(/TRAINING_INSUFFICIENT_DATA: needs 900 bars/);
  });

  it('goes on following when the API is away for a moment', async () => {
    const away = { status: 503, body: errorBody('DATABASE_UNAVAILABLE', 'away') };
    const { code } = await run(['ai', 'retrain', 'market_insight'], {
      [START]: queued,
      [STATUS]: [away, away, succeeded],
    });
    expect(code).toBe(0);
  });

  it('lists every agent, also one that has no model yet', async () => {
    const agent = (name: string): unknown => ({
      agent: name,
      description: `about ${name}`,
      task: 'direction',
      hash: 'ff',
    });
    const page = (name: string, nextCursor?: string): { body: unknown } => ({
      body: {
        items: [{ name, task: 'direction', production: { version: '0.1.0', sequence: 1, generation: 3 }, versions: 2 }],
        nextCursor,
      },
    });
    const { out } = await run(['ai', 'models'], {
      'GET /api/v1/agents': { body: { items: [agent('a'), agent('b'), agent('c')] } },
      'GET /api/v1/models': [page('a', 'next'), page('b')],
    });
    expect(out).toMatch(/^a +direction +0\.1\.0 +3 +2 {2}about a$/m);
    expect(out).toMatch(/^b +direction +0\.1\.0 +3 +2 {2}about b$/m);
    expect(out).toMatch(/^c +direction +– +– +0 {2}about c$/m);
  });
});
