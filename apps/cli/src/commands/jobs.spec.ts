import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeApi, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult, type CliSurroundings } from '../testing/cli-run.js';
import { JOB_ID, sampleJob } from '../testing/samples.js';

const STATUS = `GET /api/v1/jobs/${JOB_ID}`;
const LOGS = `GET /api/v1/jobs/${JOB_ID}/logs`;
const line = (number: number): unknown => ({
  line: number,
  at: '2026-01-01T10:00:00.000Z',
  level: 'info',
  message: `line ${number}`,
});

describe('jobs', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes, surroundings: CliSurroundings = {}): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url), ...surroundings });
  }

  it('lists jobs with the filters it was given', async () => {
    const job = sampleJob({ state: 'failed', error: { code: 'NO_BARS', message: 'none' } });
    const { out } = await run(['jobs', '--state', 'failed', '--kind', 'train', '--agent', 'market_insight'], {
      'GET /api/v1/jobs': { body: { items: [job] } },
    });
    expect(api.requests[0]!.line).toBe('GET /api/v1/jobs?state=failed&kind=train&agent=market_insight');
    expect(out).toMatch(/train +market_insight +failed +25 % +1\/3 +2026-01-01 10:00:00Z +NO_BARS/);
  });

  it('prints every line of a growing log once, until the job ends', async () => {
    const { code, out } = await run(['jobs', 'logs', JOB_ID, '--follow'], {
      [STATUS]: [{ body: sampleJob() }, { body: sampleJob() }, { body: sampleJob({ state: 'succeeded' }) }],
      [LOGS]: [
        { body: { items: [line(1), line(2)], nextCursor: 'page-2' } },
        { body: { items: [line(3)] } },
        { body: { items: [line(3), line(4)] } },
        { body: { items: [line(3), line(4), line(5)] } },
      ],
    });
    expect(code).toBe(0);
    expect(out.match(/line \d/g)).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
    const cursors = api.requests
      .filter(({ line: asked }) => asked.includes('/logs'))
      .map(({ line: asked }) => asked.includes('page-2'));
    expect(cursors).toEqual([false, true, true, true]);
  });

  it('writes one JSON document a line when it follows with --json', async () => {
    const { out } = await run(['jobs', 'logs', JOB_ID, '--follow', '--json'], {
      [STATUS]: { body: sampleJob({ state: 'succeeded' }) },
      [LOGS]: { body: { items: [line(1), line(2)] } },
    });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text) as unknown),
    ).toEqual([line(1), line(2)]);
  });

  it('ends a followed log with the failure of the job', async () => {
    const { code, err } = await run(['jobs', 'logs', JOB_ID, '--follow'], {
      [STATUS]: { body: sampleJob({ state: 'cancelled' }) },
      [LOGS]: { body: { items: [line(1)] } },
    });
    expect(code).toBe(2);
    expect(err).toMatch(/^JOB_CANCELLED: /);
  });

  it('cancels and retries', async () => {
    const cancelled = await run(['jobs', 'cancel', JOB_ID], {
      [`POST /api/v1/jobs/${JOB_ID}/cancel`]: { body: sampleJob({ cancelRequested: true }) },
      [`POST /api/v1/jobs/${JOB_ID}/retry`]: { status: 202, body: sampleJob({ state: 'queued' }) },
    });
    expect(cancelled.out).toBe(`Job ${JOB_ID} is asked to end.\n`);
    const retried = await cli(['jobs', 'retry', JOB_ID], { env: apiEnv(api.url) });
    expect(retried.out).toContain(`Job ${JOB_ID} is queued.`);
  });

  it('shows one job', async () => {
    const { out } = await run(['jobs', 'show', JOB_ID], { [STATUS]: { body: sampleJob({ cancelRequested: true }) } });
    expect(out).toContain('running, asked to end');
    expect(out).toContain('25 % logistic: fold 1');
  });
});
