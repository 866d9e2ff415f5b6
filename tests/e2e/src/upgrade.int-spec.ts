import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { Adoption, Deployment, MainJob, Model, Prediction, PredictionReply } from '@tidemark/contracts';
import { closeDataSource, execute, migrations, openDataSource, pendingMigrations } from '@tidemark/database';
import { createTestDatabase, eventually, type TestDatabase } from '@tidemark/testing';
import { makeFormer } from './testing/former-installation.js';
import { Installation, type RunningApi } from './testing/installation.js';
import { ingest, runMainJob, train } from './testing/jobs.js';

const AGENT = 'market_insight';
const DATES = ['2017-06-15', '2019-02-01', '2020-03-16'];

/** What the release before the loop left: `main` has bars, versions and deployments, and no history of decisions. */
describe('an installation of the release before the loop', () => {
  let former: TestDatabase;
  let installation: Installation;
  let api: RunningApi;
  let before: unknown[];
  let history: Deployment[];
  let during: unknown[];
  let done: MainJob;

  const answers = async (client = api.client): Promise<unknown[]> => {
    const replies = await Promise.all(
      DATES.map((asOf) => client.post<PredictionReply>('/api/v1/predict', { agent: AGENT, asOf })),
    );
    return replies.map(({ version, asOf, outputs }) => [version, asOf, outputs]);
  };
  const deployments = async (client = api.client): Promise<Deployment[]> =>
    client.all<Deployment>(`/api/v1/models/${AGENT}/deployments`);

  beforeAll(async () => {
    const old = await Installation.create();
    const { client, port } = await old.startApi();
    await old.startWorker();
    await ingest(client, AGENT);
    const version = await train(client, { agent: AGENT, asOf: '2017-01-01', families: ['logistic'] });
    await old.cli(port, ['models', 'promote', AGENT, version, '--override', 'it served before']);
    await eventually(async () => (await client.get<Model>(`/api/v1/models/${AGENT}`)).production?.version === version);
    await client.post('/api/v1/predict', { agent: AGENT, durability: 'durable' });
    before = await eventually(async () => {
      const given = await answers(client);
      return given.every((answer) => (answer as string[])[0] === version) && given;
    });
    history = await deployments(client);

    former = await createTestDatabase({ migrated: false });
    const source = await openDataSource(old.databaseUrl, { poolSize: 1 });
    await makeFormer(source, former.dataSource);
    await closeDataSource(source);
    // The main job of that release: its chains ended in a walk through the sealed span.
    await execute(former.dataSource, `update job_run set batch = 'main-1' where kind = 'train'`);
    await execute(
      former.dataSource,
      `insert into job_run (id, kind, agent, batch, payload, state, attempt, max_attempts, result, created_at, ended_at)
       values (gen_random_uuid(), 'walk', $1, 'main-1', jsonb_build_object('agent', $1::text), 'succeeded', 1, 3, '{}', now(), now())`,
      [AGENT],
    );
    expect(await pendingMigrations(former.dataSource)).toHaveLength(migrations.length - 1);

    installation = await Installation.on(former.url, { TIDEMARK_ARTIFACT_ROOT: join(old.dataDir, 'artifacts') });
    api = await installation.startApi();
    await installation.startScheduler();
    await installation.startWorker();
    during = await answers();
    done = await runMainJob(api.client);
    installation.onClose(() => old.close());
  }, 300_000);
  afterAll(async () => {
    await installation.close();
    await former.close();
  });

  it('serves after the upgrade what it served before', async () => {
    expect(await pendingMigrations(former.dataSource)).toEqual([]);
    expect(during).toEqual(before);
  });

  it('replays on a timeline of its own, and says how to adopt it', () => {
    expect(done.timeline).toMatch(/^replay-\d+$/);
    expect(done.adopt).toBe(done.timeline);
    expect(done.results.map(({ timeline }) => timeline)).toEqual([done.timeline, done.timeline]);
    expect(new Set(done.jobs.map(({ kind }) => kind))).toEqual(new Set(['ingest', 'replay', 'table']));
  });

  it('leaves what serves untouched', async () => {
    expect(await answers()).toEqual(before);
    expect(await deployments()).toEqual(history);
    const logged = await api.client.all<Prediction>(`/api/v1/predictions?agent=${AGENT}&mode=live`);
    expect(new Set(logged.map(({ timeline }) => timeline))).toEqual(new Set(['main']));
  });

  it('serves the new history once it is adopted, and the old one again when that is undone', async () => {
    const timeline = done.timeline!;
    const adopted = await api.client.post<Adoption>(`/api/v1/timelines/${timeline}/adopt`);
    expect(adopted).toMatchObject({ timeline, before: 'main', unserved: [] });
    const serving = adopted.deployments.find(({ model }) => model === AGENT)!;
    const lived = async (): Promise<string | undefined> => {
      const asked = { agent: AGENT, durability: 'durable' };
      const { id, version } = await api.client.post<PredictionReply>('/api/v1/predict', asked);
      const logged = await api.client.get<Prediction>(`/api/v1/predictions/${id}`);
      return `${logged.timeline} ${version}`;
    };
    await eventually(async () => (await lived()) === `${timeline} ${serving.version}`);
    expect((await api.client.get<MainJob>('/api/v1/main-job')).adopt).toBeUndefined();
    expect(await api.client.post<Adoption>('/api/v1/timelines/undo-adopt')).toMatchObject({ timeline: 'main' });
    await eventually(async () => expect(await answers()).toEqual(before) === undefined);
    expect((await api.client.get<MainJob>('/api/v1/main-job')).adopt).toBe(timeline);
  }, 60_000);
});
