import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeApi, errorBody, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { sampleVersion } from '../testing/samples.js';

const DEPLOYMENT = {
  model: 'market_insight',
  version: '1.0.0',
  sequence: 2,
  generation: 5,
  action: 'promote',
  actor: 'default',
  reason: 'trial',
  at: '2026-01-01T10:00:00.000Z',
};
const MODELS = {
  items: [
    {
      name: 'market_insight',
      task: 'direction',
      production: { version: '0.1.0', sequence: 1, generation: 4 },
      versions: 2,
    },
    { name: 'untrained', task: 'volatility', versions: 0 },
  ],
  nextCursor: 'abc',
};

describe('models', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url) });
  }

  it('lists models without naming the list, and says that there are more', async () => {
    const { code, out, err } = await run(['models', '--limit', '2'], { 'GET /api/v1/models': { body: MODELS } });
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'MODEL           TASK        PRODUCTION  SEQUENCE  GENERATION  VERSIONS',
      'market_insight  direction   0.1.0       1         4                  2',
      'untrained       volatility  –           –         –                  0',
      '',
    ]);
    expect(err).toBe('There is more: add --cursor abc\n');
    expect(api.requests[0]!.line).toBe('GET /api/v1/models?limit=2');
  });

  it('prints the answer of the API untouched with --json', async () => {
    const { out, err } = await run(['models', 'list', '--json'], { 'GET /api/v1/models': { body: MODELS } });
    expect(JSON.parse(out)).toEqual(MODELS);
    expect(err).toBe('');
  });

  it('shows a version with its gate, parity and lineage', async () => {
    const override = { reason: 'trial on paper', actor: 'desk', at: '2026-01-02T00:00:00.000Z' };
    const { out } = await run(['models', 'show', 'market_insight', '2'], {
      'GET /api/v1/models/market_insight/2': { body: sampleVersion({ override }) },
    });
    for (const text of [
      'not passed: not shown',
      'trial on paper (desk, 2026-01-02)',
      '300 rows',
      '0.690123',
      '2017-01-01',
    ]) {
      expect(out).toContain(text);
    }
  });

  it('promotes with the reason for the override', async () => {
    const { out } = await run(['models', 'promote', 'market_insight', '1.0.0', '--override', 'trial'], {
      'POST /api/v1/models/market_insight/1.0.0/promote': { body: DEPLOYMENT },
    });
    expect(api.requests[0]!.body).toEqual({ override: 'trial' });
    expect(out).toBe('market_insight serves 1.0.0 (generation 5).\n');
  });

  it('ends with the code and the exit code of a refusal', async () => {
    const { code, out, err } = await run(['models', 'promote', 'market_insight', '2'], {
      'POST /api/v1/models/market_insight/2/promote': { status: 409, body: errorBody('GATE_NOT_PASSED', 'no gate.') },
    });
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: 'GATE_NOT_PASSED: no gate.\n' });
  });

  it('rolls back to the version before when none is named', async () => {
    await run(['models', 'rollback', 'market_insight', '--reason', 'breaches'], {
      'POST /api/v1/models/market_insight/rollback': { body: { ...DEPLOYMENT, action: 'rollback' } },
    });
    expect(api.requests[0]!.body).toEqual({ reason: 'breaches' });
  });

  it('moves a version to a stage', async () => {
    const { out } = await run(['models', 'stage', 'market_insight', '2', 'Staging'], {
      'POST /api/v1/models/market_insight/2/stage': { body: sampleVersion({ stage: 'Staging' }) },
    });
    expect(api.requests[0]!.body).toEqual({ stage: 'Staging' });
    expect(out).toBe('market_insight 1.0.0 is in Staging.\n');
  });

  it('lists versions and deployments', async () => {
    const versions = await run(['models', 'versions', 'market_insight'], {
      'GET /api/v1/models/market_insight/versions': { body: { items: [sampleVersion()] } },
      'GET /api/v1/models/market_insight/deployments': { body: { items: [DEPLOYMENT] } },
    });
    expect(versions.out).toMatch(/2 {2}1\.0\.0 +logistic +None +0\.690123 +not passed/);
    const deployments = await cli(['models', 'deployments', 'market_insight'], { env: apiEnv(api.url) });
    expect(deployments.out).toMatch(/5 {2}1\.0\.0 +promote +default/);
  });

  it('names the key file that is missing', async () => {
    api = await FakeApi.start({});
    const env = { TIDEMARK_API_URL: api.url, TIDEMARK_API_KEY_FILE: '/nowhere/api-key' };
    const { code, err } = await cli(['models'], { env });
    expect(code).toBe(2);
    expect(err).toMatch(/^API_KEY_MISSING: The key file \/nowhere\/api-key does not exist/);
  });
});
