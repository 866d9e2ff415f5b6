import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApi, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { JOB_ID, sampleJob } from '../testing/samples.js';

const STARTED = { timeline: 'replay-1', jobs: [sampleJob({ kind: 'replay', state: 'queued' })] };
const SHA = 'ab'.repeat(32);

describe('replay', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url) });
  }

  it('starts on a timeline of its own and says how to look at it', async () => {
    const { out } = await run(['replay', 'start', '--agent', 'market_insight', '--from', '2006-01-01'], {
      'POST /api/v1/replays': { status: 202, body: STARTED },
    });
    expect(api.requests[0]!.body).toEqual({ agents: ['market_insight'], from: '2006-01-01' });
    expect(out).toContain('Replaying on the timeline replay-1');
    expect(out).toContain(`jobs logs ${JOB_ID} --follow`);
  });

  it('follows to the end and shows what came out', async () => {
    const done = sampleJob({ kind: 'replay', state: 'succeeded', result: { bars: 250, fits: 4, digest: SHA } });
    const { code, out } = await run(['replay', 'start', '--follow'], {
      'POST /api/v1/replays': { status: 202, body: STARTED },
      [`GET /api/v1/jobs/${JOB_ID}`]: { body: done },
    });
    expect(code).toBe(0);
    expect(out).toMatch(/fits +4/);
    expect(out).toContain(SHA);
  });

  it('sends a policy file, and names the line of a mistake in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-policy-'));
    const file = join(folder, 'policy.yaml');
    writeFileSync(file, 'name: monthly\ntriggers:\n  - { kind: calendar, everyBars: 21 }\n');
    await run(['replay', 'start', '--policy', file], { 'POST /api/v1/replays': { status: 202, body: STARTED } });
    expect(api.requests[0]!.body).toMatchObject({
      policy: { name: 'monthly', triggers: [{ kind: 'calendar', everyBars: 21 }] },
    });
    writeFileSync(file, 'name: monthly\ncooldownBars: soon\n');
    const { code, err } = await cli(['replay', 'start', '--policy', file], { env: apiEnv(api.url) });
    expect(code).toBe(2);
    expect(err).toMatch(/POLICY_INVALID.*\n.*line 2: cooldownBars/);
    rmSync(folder, { recursive: true });
  });

  it('prints the fingerprint of a history, table by table', async () => {
    const digest = { timeline: 'main', agent: 'a', until: '2020-01-01T00:00:00.000Z', sha256: SHA };
    const { out } = await run(['replay', 'digest', 'main', 'market_insight', '--until', '2008-09-15'], {
      'GET /api/v1/timelines/main/digest': {
        body: { ...digest, tables: [{ table: 'predictions', rows: 12, sha256: SHA }] },
      },
    });
    expect(api.requests[0]!.line).toBe('GET /api/v1/timelines/main/digest?agent=market_insight&until=2008-09-15');
    expect(out).toMatch(/predictions +12 +abab/);
  });
});
