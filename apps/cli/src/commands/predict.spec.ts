import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeApi } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { RUN_ID, sampleReply } from '../testing/samples.js';

const LOGGED = {
  id: RUN_ID,
  at: '2026-01-01T10:00:00.000Z',
  timeline: 'main',
  agent: 'risk_assessor',
  version: '0.1.0',
  sequence: 1,
  generation: 1,
  mode: 'live',
  asOf: '2020-04-17T00:00:00.000Z',
  key: 'desk-1',
  inputs: null,
  inputsSha256: 'ef'.repeat(32),
  outputs: { volatility: 0.0234567891, var_99: 0.06 },
  latencyUs: 41.23456789,
};

describe('predict', () => {
  let api: FakeApi;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
    api = await FakeApi.start({
      'POST /api/v1/predict': { body: sampleReply() },
      'GET /api/v1/predictions': { body: { items: [LOGGED] } },
      [`GET /api/v1/predictions/${RUN_ID}`]: { body: LOGGED },
      'GET /api/v1/outcomes': { body: { items: [], nextCursor: 'later' } },
    });
  });

  afterEach(async () => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: string[], stdin?: string): Promise<CliResult> => cli(args, { env: apiEnv(api.url), stdin });

  it('predicts from stored bars and prints the number with every digit', async () => {
    const { out } = await run([
      'predict',
      'market_insight',
      '--as-of',
      '2020-04-17',
      '--version',
      '1',
      '--key',
      'k',
      '--durable',
    ]);
    expect(api.requests[0]!.body).toEqual({
      agent: 'market_insight',
      asOf: '2020-04-17',
      version: '1',
      key: 'k',
      durability: 'durable',
    });
    expect(out).toMatch(/^probability +0\.5771234567891234$/m);
    expect(out).toMatch(/^as of +2020-04-17$/m);
    expect(out).toMatch(/^data age +1\.0 d$/m);
    expect(out).toMatch(/^historical +yes$/m);
  });

  it.each(['argument', 'file', 'standard input'])('takes inputs from the %s', async (way) => {
    const json = '{"ret_1": 0.01, "return_window": [null, 0.5]}';
    const file = join(folder, 'inputs.json');
    writeFileSync(file, json);
    const source = { argument: json, file: `@${file}`, 'standard input': '-' }[way]!;
    await run(['predict', 'market_insight', '--features', source], json);
    expect(api.requests[0]!.body).toMatchObject({
      features: { ret_1: 0.01, return_window: [null, 0.5] },
      durability: 'buffered',
    });
  });

  it.each([
    ['{', 'FEATURES_INVALID'],
    ['[1]', 'FEATURES_INVALID'],
    ['{"ret_1": "high"}', 'FEATURES_INVALID'],
    ['@/nowhere/inputs.json', 'FEATURES_UNREADABLE'],
  ])('refuses the inputs %s as %s and asks nobody', async (source, code) => {
    const { code: exit, err } = await run(['predict', 'market_insight', '--features', source]);
    expect(exit).toBe(2);
    expect(err.startsWith(`${code}: `)).toBe(true);
    expect(api.requests).toHaveLength(0);
  });

  it('lists and shows logged predictions', async () => {
    const list = await run([
      'predictions',
      '--agent',
      'risk_assessor',
      '--mode',
      'live',
      '--from',
      '2026-01-01',
      '--to',
      '2026-01-02',
    ]);
    expect(api.requests[0]!.line).toBe(
      'GET /api/v1/predictions?agent=risk_assessor&mode=live&from=2026-01-01&to=2026-01-02',
    );
    expect(list.out).toContain('volatility=0.0234568 var_99=0.06');
    const one = await run(['predictions', 'show', RUN_ID]);
    expect(one.out).toMatch(/^volatility +0\.0234567891$/m);
    expect(one.out).toMatch(/^inputs +wide: rebuilt/m);
  });

  it('lists outcomes and says that there are more', async () => {
    const { out, err } = await run(['outcomes', 'market_insight', '--limit', '1']);
    expect(out).toMatch(/^No outcomes/);
    expect(err).toContain('--cursor later');
  });
});
