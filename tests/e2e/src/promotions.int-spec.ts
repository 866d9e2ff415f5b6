import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model, PredictionReply } from '@tidemark/contracts';
import { eventually } from '@tidemark/testing';
import { Installation, type RunningApi } from './testing/installation.js';
import { ingest, train } from './testing/jobs.js';
import type { Call } from './testing/traffic.js';

const AGENT = 'market_insight';
const CONNECTIONS = 16;
const DATES = Array.from({ length: 24 }, (_, month) => `${2018 + Math.floor(month / 12)}-${pad((month % 12) + 1)}-15`);
const TRAININGS = [
  { families: ['logistic'], asOf: '2017-01-01' },
  { families: ['gbdt'], asOf: '2017-01-01' },
  { families: ['logistic'], asOf: '2016-01-01' },
];

function pad(month: number): string {
  return String(month).padStart(2, '0');
}

describe('promotions under traffic', () => {
  let installation: Installation;
  let apis: RunningApi[];
  const versions = ['0.1.0'];
  /** What each version itself answers, by `version date`. */
  const own = new Map<string, unknown>();

  beforeAll(async () => {
    installation = await Installation.create();
    apis = [await installation.startApi(), await installation.startApi()];
    const [{ client }] = apis as [RunningApi];
    const worker = await installation.startWorker();
    await ingest(client, AGENT);
    for (const training of TRAININGS) versions.push(await train(client, { agent: AGENT, ...training }));
    await worker.stop();
    for (const version of versions) {
      for (const asOf of DATES) {
        const { outputs } = await client.post<PredictionReply>('/api/v1/predict', { agent: AGENT, asOf, version });
        own.set(`${version} ${asOf}`, outputs);
      }
    }
  }, 120_000);
  afterAll(() => installation.close());

  it('start from the baseline, and from versions that differ', async () => {
    const model = await apis[0]!.client.get<Model>(`/api/v1/models/${AGENT}`);
    expect(versions).toEqual(['0.1.0', '1.0.0', '2.0.0', '3.0.0']);
    expect(model.production).toMatchObject({ version: '0.1.0' });
    expect(new Set(versions.map((version) => JSON.stringify(own.get(`${version} ${DATES[0]}`)))).size).toBe(4);
  });

  it('fail no call on two processes, and every answer is the named version’s own', async () => {
    const ports = apis.map(({ port }) => port);
    let turn = 0;
    const traffic = installation.traffic(ports, CONNECTIONS, () => ({
      agent: AGENT,
      asOf: DATES[(turn += 1) % DATES.length]!,
    }));
    const isAnswering = (process: number, version: string): boolean =>
      traffic.calls.some(({ reply, client }) => client % 2 === process && reply?.body.version === version);
    const answeredByBoth = (version: string): Promise<boolean> =>
      eventually(() => isAnswering(0, version) && isAnswering(1, version));
    await answeredByBoth('0.1.0');
    for (const version of versions.slice(1)) {
      await installation.cli(apis[0]!.port, ['models', 'promote', AGENT, version, '--override', 'trial under traffic']);
      await answeredByBoth(version);
    }
    const calls = await traffic.stop();
    expect(traffic.failures).toEqual([]);
    expect(new Set(calls.map(({ reply }) => reply?.body.version))).toEqual(new Set(versions));
    expect(calls.filter(isNotItsOwn)).toEqual([]);
    expect(calls.length).toBeGreaterThan(CONNECTIONS * versions.length);
  }, 60_000);

  function isNotItsOwn({ item, reply }: Call<{ asOf: string }>): boolean {
    return JSON.stringify(reply?.body.outputs) !== JSON.stringify(own.get(`${reply?.body.version ?? ''} ${item.asOf}`));
  }
});
