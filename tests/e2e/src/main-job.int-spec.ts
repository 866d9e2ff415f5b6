import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MainJob, Prediction, PredictionReply } from '@tidemark/contracts';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob } from './testing/jobs.js';

const AGENTS = ['market_insight', 'risk_assessor'];
const SAMPLES = 50;

describe('the main job in real processes', () => {
  let installation: Installation;
  let api: RunningApi;
  let done: MainJob;

  beforeAll(async () => {
    installation = await Installation.create();
    api = await installation.startApi();
    await installation.startWorker();
    done = await runMainJob(api.client);
  }, 120_000);
  afterAll(() => installation.close());

  it('ends with a result table for each agent', () => {
    expect(done).toMatchObject({ state: 'succeeded', progress: 1 });
    expect(done.results.map(({ agent }) => agent).sort()).toEqual(AGENTS);
    const [direction, volatility] = [...done.results].sort((a, b) => (a.agent < b.agent ? -1 : 1));
    expect(direction!.rows.map(({ kind }) => kind)).toEqual(['baseline', 'hold', 'family', 'family', 'served']);
    expect(volatility!.rows.map(({ kind }) => kind)).toEqual(['baseline', 'family', 'family', 'served']);
    for (const table of done.results) {
      expect(table).toMatchObject({ opening: 1, span: { from: '2017-01-03T00:00:00.000Z', bars: 828 } });
      expect(table.dataHash).toMatch(/^[0-9a-f]{64}$/);
      expect(table.verdict.length).toBeGreaterThan(0);
      expect(done.text).toContain(table.verdict[0]);
    }
  });

  it.each(AGENTS)('answers fifty sampled dates of the sealed span over HTTP as it logged them: %s', async (agent) => {
    const logged = await api.client.all<Prediction>(`/api/v1/predictions?agent=${agent}&mode=replay`);
    const table = done.results.find((result) => result.agent === agent)!;
    expect(logged).toHaveLength(table.span.bars);
    const every = logged.length / SAMPLES;
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const row = logged[Math.floor(sample * every)]!;
      const date = row.asOf!.slice(0, 10);
      const reply = await api.client.post<PredictionReply>('/api/v1/predict', { agent, asOf: date });
      expect([reply.asOf, reply.version, reply.outputs]).toEqual([row.asOf, row.version, row.outputs]);
    }
  });

  it('returns the stored result instead of running again', async () => {
    const again = await api.client.post<MainJob>('/api/v1/main-job');
    expect(again.jobs.map(({ id }) => id)).toEqual(done.jobs.map(({ id }) => id));
    expect(again.text).toBe(done.text);
  });
});
