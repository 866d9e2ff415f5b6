import { afterEach, describe, expect, it } from '@jest/globals';
import type { Decision, Explanation } from '@tidemark/contracts';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { FakeApi, errorBody, type FakeRoutes } from '../testing/fake-api.js';

const ID = '0190a3c4-0000-8000-8000-000000000001';
const SHA = 'ab'.repeat(32);
const VERSION = { version: '1.0.0', sequence: 2, family: 'logistic', artifactSha256: SHA, isBaseline: false };

const DECISION: Decision = {
  id: ID,
  timeline: 'main',
  agent: 'market_insight',
  kind: 'slot',
  slotAt: '2010-01-05T02:00:00.000Z',
  asOf: '2010-01-04T00:00:00.000Z',
  action: 'retrain',
  reason: 'calendar: 63 bars since the last fit, due every 63',
  contextSha256: SHA,
  policyHash: SHA,
  codeVersion: '0.1.0',
  result: {
    action: 'retrain',
    reason: 'calendar: 63 bars since the last fit, due every 63',
    mode: 'refit',
    rules: [{ rule: 'freeze', verdict: 'allows', why: 'not frozen' }],
  },
};
const EXPLANATION: Explanation = {
  decision: DECISION,
  context: {
    schema: 1,
    agent: 'market_insight',
    timeline: 'live',
    serving: VERSION,
    bars: { sinceFit: 63 },
    alarms: [{ monitor: 'loss', phase: 'ok' }],
    controls: { latched: [] },
  },
  derived: DECISION.result,
  same: true,
  contextIntact: true,
};
const CONTROLS = {
  timeline: 'main',
  agent: 'market_insight',
  frozen: { reason: 'audit', by: 'desk', at: '2010-01-05T02:00:00.000Z' },
  latches: [{ artifactSha256: SHA, version: '1.0.0', reason: 'loss alarm', latchedAt: '2010-01-05T02:00:00.000Z' }],
};

let api: FakeApi;

afterEach(() => api.stop());

async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
  api = await FakeApi.start(routes);
  return cli(args, { env: apiEnv(api.url) });
}

describe('decisions', () => {
  const LIST = { 'GET /api/v1/decisions': { body: { items: [DECISION], nextCursor: 'abc' } } };

  it.each([
    [[], '?only=acted'],
    [['list', '--all'], ''],
    [['list', 'market_insight', '--timeline', 'replay-1'], '?agent=market_insight&timeline=replay-1&only=acted'],
    [['list', '--action', 'none'], '?action=none'],
  ])('asks for the decisions it is told to: %j', async (args, query) => {
    const { out, err } = await run(['decisions', ...args], LIST);
    expect(api.requests[0]!.line).toBe(`GET /api/v1/decisions${query}`);
    expect(out).toMatch(/2010-01-05 02:00:00Z +market_insight +retrain +0190a3c4-\S+ +calendar: 63 bars/);
    expect(err).toBe('There is more: add --cursor abc\n');
  });

  it('says how to see the quiet nights', async () => {
    const { out } = await run(['decisions'], { 'GET /api/v1/decisions': { body: { items: [] } } });
    expect(out).toContain('--all');
  });

  it('explains a decision: what was known, what each rule said, and that it still stands', async () => {
    const { out } = await run(['decisions', 'explain', ID], {
      [`GET /api/v1/decisions/${ID}/explain`]: { body: EXPLANATION },
    });
    for (const text of [
      /action +retrain refit/,
      /serving +1\.0\.0 \(logistic\)/,
      /bars +sinceFit 63/,
      /alarms +monitor loss, phase ok/,
      /controls +latched \{none\}/,
      /freeze +allows +not frozen/,
      /stored context: same\.\n/,
      /is the one that was hashed\./,
    ]) {
      expect(out).toMatch(text);
    }
  });

  it('says when a decision does not stand', async () => {
    const differs = { ...EXPLANATION, derived: undefined, problem: 'no context', same: false, contextIntact: false };
    const { out } = await run(['decisions', 'explain', ID], {
      [`GET /api/v1/decisions/${ID}/explain`]: { body: differs },
    });
    expect(out).toContain('differs (no context)');
    expect(out).toContain('NOT the one that was hashed');
  });
});

describe('controls', () => {
  const body = { body: CONTROLS };

  it.each([
    [
      ['freeze', 'market_insight', '--reason', 'audit'],
      'POST /api/v1/agents/market_insight/freeze',
      { reason: 'audit' },
    ],
    [['unfreeze', 'market_insight'], 'DELETE /api/v1/agents/market_insight/freeze', undefined],
    [['pin', 'market_insight', '1.0.0'], 'POST /api/v1/agents/market_insight/pin', { version: '1.0.0' }],
    [['unpin', 'market_insight'], 'DELETE /api/v1/agents/market_insight/pin', undefined],
    [['controls', 'market_insight'], 'GET /api/v1/agents/market_insight/controls', undefined],
  ])('%j', async (args, line, sent) => {
    const { code, out } = await run(args, { [line]: body });
    expect(code).toBe(0);
    expect(api.requests[0]).toMatchObject({ line, body: sent });
    expect(out).toMatch(/frozen +audit \(desk, 2010-01-05 02:00:00Z\)\npinned +no\nlatches +1\n/);
  });

  it('shows latches, and releases one by its first digits', async () => {
    const { out } = await run(['latches', 'market_insight'], {
      'GET /api/v1/agents/market_insight/controls': body,
      'POST /api/v1/agents/market_insight/latches/abababab/release': { body: { ...CONTROLS, latches: [] } },
    });
    expect(out).toMatch(/abababababababab +1\.0\.0 +2010-01-05 02:00:00Z +loss alarm/);
    const released = await cli(['latches', 'release', 'market_insight', 'abababab'], { env: apiEnv(api.url) });
    expect(released.out).toBe('Nothing of market_insight is latched.\n');
  });

  it('wants a reason for a freeze, and digits of an artifact', async () => {
    for (const args of [
      ['freeze', 'market_insight'],
      ['latches', 'release', 'market_insight', 'abc'],
    ]) {
      expect((await run(args, {})).err).toMatch(/^USAGE_INVALID: /);
      expect(api.requests).toEqual([]);
      await api.stop();
    }
    api = await FakeApi.start({});
  });

  it('ends with the code of a refusal', async () => {
    const { code, err } = await run(['latches', 'release', 'market_insight', 'abababab'], {
      'POST /api/v1/agents/market_insight/latches/abababab/release': {
        status: 404,
        body: errorBody('LATCH_UNKNOWN', 'no latch.'),
      },
    });
    expect({ code, err }).toEqual({ code: 2, err: 'LATCH_UNKNOWN: no latch.\n' });
  });
});
