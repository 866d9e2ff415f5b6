import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@tidemark/config';
import type { Prediction, PredictionReply } from '@tidemark/contracts';
import { EmbeddedPostgres, eraseCluster } from '@tidemark/embedded-postgres';
import { eventually } from '@tidemark/testing';
import { Installation, type RunningApi } from './testing/installation.js';
import { ingest, train } from './testing/jobs.js';

const AGENT = 'market_insight';
const DATES = Array.from({ length: 28 }, (_, day) => `2019-02-${String(day + 1).padStart(2, '0')}`);
const RECOVERED_MS = 20_000;

interface Answer {
  readonly status: number;
  readonly body: PredictionReply & { code?: string };
}

/** A server of its own: this suite stops it. */
describe('PostgreSQL stops and comes back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-outage-'));
  chmodSync(folder, 0o755);
  const options = {
    dataDir: join(folder, 'data'),
    projectRoot: repositoryRoot(),
    systemDir: join(folder, 'system'),
    durable: false,
  };
  let postgres: EmbeddedPostgres;
  let installation: Installation;
  let api: RunningApi;
  let before: PredictionReply;

  const ask = (body: Record<string, unknown>): Promise<Answer> =>
    api.client.send('POST', '/api/v1/predict', { agent: AGENT, ...body });

  beforeAll(async () => {
    postgres = new EmbeddedPostgres(options);
    const { url } = await postgres.start();
    installation = await Installation.on(url, {});
    api = await installation.startApi();
    const worker = await installation.startWorker();
    await ingest(api.client, AGENT);
    await train(api.client, { agent: AGENT, asOf: '2017-01-01', families: ['logistic'] });
    await worker.stop();
    before = (await ask({ asOf: DATES[0] })).body;
    expect(before.outputs).toBeDefined();
    await postgres.stop();
  }, 120_000);
  afterAll(async () => {
    await installation.close();
    await postgres.stop();
    await eraseCluster(options);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('answers buffered predictions from memory meanwhile, the same as before', async () => {
    const answers = await Promise.all(DATES.map((asOf) => ask({ asOf, key: 'outage' })));
    expect(answers.map(({ status }) => status)).toEqual(DATES.map(() => 200));
    expect(answers[0]!.body).toMatchObject({ outputs: before.outputs, version: before.version, logged: 'buffered' });
  }, 30_000);

  it('refuses durable predictions meanwhile', async () => {
    const { status, body } = await ask({ asOf: DATES[0], durability: 'durable' });
    expect([status, body.code]).toEqual([503, 'PREDICTION_LOG_UNAVAILABLE']);
  }, 30_000);

  it('says in its health that it is degraded, and stays up', async () => {
    const { status, body } = await api.client.send<{ status: string; parts: Record<string, { status: string }> }>(
      'GET',
      '/health',
    );
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.parts['database']?.status).not.toBe('ok');
  }, 30_000);

  it('takes durable predictions again, and has logged every buffered one once, after it is back', async () => {
    await postgres.start();
    const isTaken = async (): Promise<boolean> => (await ask({ asOf: DATES[0], durability: 'durable' })).status === 200;
    await eventually(isTaken, { timeoutMs: RECOVERED_MS, intervalMs: 100 });
    const outage = await eventually(
      async () => {
        const logged = await api.client.all<Prediction>(`/api/v1/predictions?agent=${AGENT}&mode=live`);
        const mine = logged.filter(({ key }) => key === 'outage');
        return mine.length >= DATES.length ? mine : undefined;
      },
      { timeoutMs: RECOVERED_MS, intervalMs: 100 },
    );
    expect(new Set(outage.map(({ id }) => id)).size).toBe(DATES.length);
  }, 90_000);
});
