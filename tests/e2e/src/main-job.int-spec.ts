import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Adoption, Job, MainJob, Prediction, PredictionReply, Timeline } from '@tidemark/contracts';
import { eventually } from '@tidemark/testing';
import { REPLAY_FROM } from './testing/agents.js';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob, succeeded } from './testing/jobs.js';

const AGENTS = ['market_insight', 'risk_assessor'];
const SAMPLES = 50;
const KINDS = ['ingest', 'replay', 'replay', 'replay', 'replay', 'table'];
const SERVED_ROWS = ['once', 'always', 'gated', 'policy'];
/** Bars of the shipped file from {@link REPLAY_FROM} on. */
const BARS = 202;
const REPLAY = 'replay-1';

describe('the main job in real processes', () => {
  let installation: Installation;
  let api: RunningApi;
  let early: { status: number; body: { code?: string } };
  let done: MainJob;

  const predict = (agent: string): Promise<PredictionReply> =>
    api.client.post<PredictionReply>('/api/v1/predict', { agent });
  const served = async (): Promise<unknown[]> =>
    (await Promise.all(AGENTS.map(predict))).map(({ version, asOf, outputs }) => [version, asOf, outputs]);

  beforeAll(async () => {
    installation = await Installation.create();
    api = await installation.startApi();
    await installation.startScheduler();
    await installation.startWorker();
    await api.client.post('/api/v1/main-job');
    await eventually(async () => (await timeline('main'))?.loops.some(({ state }) => state === 'replaying'));
    early = await api.client.send('POST', '/api/v1/predict', { agent: AGENTS[0] });
    done = await runMainJob(api.client);
  }, 240_000);
  afterAll(() => installation.close());

  async function timeline(id: string): Promise<Timeline | undefined> {
    const { items } = await api.client.get<{ items: Timeline[] }>('/api/v1/timelines');
    return items.find((each) => each.id === id);
  }

  it('serves nobody before its history has been replayed', () => {
    expect([early.status, early.body.code]).toEqual([503, 'NOT_READY']);
  });

  it('is a chain of jobs an agent: ingest, the replays, the table', () => {
    expect(done).toMatchObject({ state: 'succeeded', progress: 1, timeline: 'main' });
    expect(done.adopt).toBeUndefined();
    for (const agent of AGENTS) {
      const chain = done.jobs.filter((job) => job.agent === agent);
      expect(chain.map(({ kind }) => kind)).toEqual(KINDS);
      const replays = chain.filter(({ kind }) => kind === 'replay').map(({ payload }) => payload['timeline']);
      expect(replays).toEqual(['main', 'main-once', 'main-always', 'main-gated']);
      for (const replay of chain.filter(({ kind }) => kind === 'replay'))
        expect(replay.result).toMatchObject({ bars: BARS });
    }
  });

  it('ends with a result table for each agent', () => {
    expect(done.results.map(({ agent }) => agent).sort()).toEqual(AGENTS);
    const [direction, volatility] = [...done.results].sort((a, b) => (a.agent < b.agent ? -1 : 1));
    const kinds = (table: typeof direction): string[] =>
      table!.rows.map(({ kind }) => kind).filter((kind) => kind !== 'era');
    expect(kinds(direction)).toEqual(['baseline', 'hold', ...SERVED_ROWS]);
    expect(kinds(volatility)).toEqual(['baseline', ...SERVED_ROWS]);
    for (const table of done.results) {
      const from = `${REPLAY_FROM}T00:00:00.000Z`;
      expect(table).toMatchObject({ opening: 1, timeline: 'main', span: { from, bars: BARS } });
      expect(table.dataHash).toMatch(/^[0-9a-f]{64}$/);
      expect(table.verdict.length).toBeGreaterThan(0);
      // Lines are broken where they get too long.
      expect(done.text!.replaceAll(/\s+/g, ' ')).toContain(table.verdict[0]);
    }
  });

  it('writes the report as pages that load nothing from elsewhere', async () => {
    const page = async (path: string): Promise<Response> => fetch(`http://127.0.0.1:${api.port}${path}`);
    const index = await page('/reports/main');
    expect([index.status, index.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const links = await index.text();
    for (const agent of AGENTS) {
      expect(links).toContain(`<a href="main/${agent}">`);
      const report = await page(`/reports/main/${agent}`);
      const html = await report.text();
      expect([report.status, html]).toEqual([200, expect.stringContaining('<svg')]);
      expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    }
    const missing = await page('/reports/nowhere');
    expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'REPORT_UNKNOWN' }]);
  });

  it.each(AGENTS)('answers fifty sampled dates of the span over HTTP as it logged them: %s', async (agent) => {
    const logged = await api.client.all<Prediction>(`/api/v1/predictions?agent=${agent}&mode=loop`);
    expect(logged.length).toBe(BARS);
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const row = logged[Math.floor((sample * logged.length) / SAMPLES)]!;
      const { version } = row;
      const asOf = row.asOf!.slice(0, 10);
      const reply = await api.client.post<PredictionReply>('/api/v1/predict', { agent, asOf, version });
      expect([reply.asOf, reply.version, reply.outputs]).toEqual([row.asOf, row.version, row.outputs]);
    }
  });

  it('returns the stored result instead of running again', async () => {
    const again = await api.client.post<MainJob>('/api/v1/main-job');
    expect(again.jobs.map(({ id }) => id)).toEqual(done.jobs.map(({ id }) => id));
    expect(again.text).toBe(done.text);
  });

  it('goes on serving, the same, while the past is replayed on a timeline of its own', async () => {
    const before = await served();
    const history = await deployments();
    const traffic = installation.traffic([api.port], 2, () => ({ agent: AGENTS[0] }));
    const started = await api.client.post<{ timeline: string; jobs: Job[] }>('/api/v1/replays', {});
    expect(started.timeline).toBe(REPLAY);
    for (const { id } of started.jobs) expect((await succeeded(api.client, id)).result).toMatchObject({ bars: BARS });
    const calls = await traffic.stop();
    expect(traffic.failures).toEqual([]);
    expect(new Set(calls.map(({ reply }) => reply?.body.version)).size).toBe(1);
    expect(await served()).toEqual(before);
    expect(await deployments()).toEqual(history);
    const digest = (id: string): Promise<{ sha256: string }> =>
      api.client.get(`/api/v1/timelines/${id}/digest?agent=${AGENTS[0]}`);
    expect((await digest(REPLAY)).sha256).toBe((await digest('main')).sha256);
  }, 120_000);

  it('lets another timeline serve by hand, and goes back', async () => {
    const before = await served();
    const adopted = await api.client.post<Adoption>(`/api/v1/timelines/${REPLAY}/adopt`);
    expect(adopted).toMatchObject({ timeline: REPLAY, before: 'main', unserved: [] });
    expect(adopted.deployments.map(({ model }) => model).sort()).toEqual(AGENTS);
    await eventually(async () => (await timeline(REPLAY))?.isLive);
    const loggedOn = async (): Promise<Prediction> => {
      const { id } = await api.client.post<PredictionReply>('/api/v1/predict', {
        agent: AGENTS[0],
        durability: 'durable',
      });
      const { items } = await api.client.get<{ items: Prediction[] }>('/api/v1/predictions?mode=live&limit=1');
      expect(items[0]!.id).toBe(id);
      return items[0]!;
    };
    await eventually(async () => expect((await loggedOn()).timeline).toBe(REPLAY) === undefined);
    expect(await served()).toEqual(before);
    const undone = await api.client.post<Adoption>('/api/v1/timelines/undo-adopt');
    expect(undone).toMatchObject({ timeline: 'main', before: REPLAY });
    await eventually(async () => expect((await loggedOn()).timeline).toBe('main') === undefined);
    expect(await served()).toEqual(before);
  }, 60_000);

  async function deployments(): Promise<unknown[]> {
    return Promise.all(AGENTS.map((agent) => api.client.all(`/api/v1/models/${agent}/deployments`)));
  }
});
