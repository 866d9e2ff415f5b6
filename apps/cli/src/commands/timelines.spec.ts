import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeApi, errorBody, type FakeRoutes } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';

const TIMELINES = {
  items: [
    { id: 'main', purpose: 'live', isLive: true, createdAt: '2026-01-01T00:00:00.000Z', loops: [] },
    {
      id: 'replay-1',
      purpose: 'replay',
      isLive: false,
      note: 'second try',
      createdAt: '2026-01-02T00:00:00.000Z',
      loops: [
        { agent: 'market_insight', state: 'ready', policy: 'default', seenBar: '2020-12-31T00:00:00.000Z' },
        {
          agent: 'risk_assessor',
          state: 'halted',
          policy: 'default',
          halted: { code: 'FIT_TIMEOUT', message: 'slow' },
        },
      ],
    },
  ],
};
const ADOPTION = {
  timeline: 'replay-1',
  before: 'main',
  deployments: [
    {
      model: 'market_insight',
      version: '1.0.0',
      sequence: 2,
      generation: 5,
      action: 'adopt',
      actor: 'default',
      at: '2026-01-02T10:00:00.000Z',
    },
  ],
  unserved: ['scout'],
};

describe('timelines', () => {
  let api: FakeApi;

  afterEach(() => api.stop());

  async function run(args: string[], routes: FakeRoutes): Promise<CliResult> {
    api = await FakeApi.start(routes);
    return cli(args, { env: apiEnv(api.url) });
  }

  it('lists timelines with their loops, one line each', async () => {
    const { code, out } = await run(['timelines'], { 'GET /api/v1/timelines': { body: TIMELINES } });
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'TIMELINE  PURPOSE  SERVES  AGENT           STATE        POLICY   LAST BAR    NOTE',
      'main      live     yes     –               –            –        –           –',
      'replay-1  replay   no      market_insight  ready        default  2020-12-31  second try',
      'replay-1  replay   no      risk_assessor   FIT_TIMEOUT  default  –           second try',
      '',
    ]);
  });

  it('adopts one, and says what serves and what does not', async () => {
    const { out } = await run(['timelines', 'adopt', 'replay-1'], {
      'POST /api/v1/timelines/replay-1/adopt': { body: ADOPTION },
    });
    expect(out.split('\n')).toEqual([
      'replay-1 serves now, main no longer; `npx tidemark timelines undo` goes back.',
      'market_insight serves 1.0.0 (generation 5).',
      'scout has no version on replay-1: it is not served until one is trained there.',
      '',
    ]);
  });

  it('undoes it', async () => {
    const body = { timeline: 'main', before: 'main', deployments: [], unserved: [] };
    const { out } = await run(['timelines', 'undo'], { 'POST /api/v1/timelines/undo-adopt': { body } });
    expect(out).toBe('main serves already: nothing was changed.\n');
  });

  it('passes on why one cannot be adopted, and refuses a name that is none', async () => {
    const routes = {
      'POST /api/v1/timelines/replay-1/adopt': { status: 409, body: errorBody('TIMELINE_NOT_READY', 'wait') },
    };
    const refused = await run(['timelines', 'adopt', 'replay-1'], routes);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('TIMELINE_NOT_READY')]);
    await api.stop();
    expect((await run(['timelines', 'adopt', 'Replay 1'], {})).code).toBe(2);
  });
});
