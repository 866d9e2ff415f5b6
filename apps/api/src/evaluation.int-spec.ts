import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mainJobSchema, studySchema, type MainJob, type Study } from '@tidemark/contracts';
import { execute } from '@tidemark/database';
import { IngestService } from '@tidemark/market-data';
import { plantedBars } from '@tidemark/testing';
import { startTestApi, type TestApi } from './testing/test-api.js';

const MAIN_JOB = '/api/v1/main-job';
const STUDIES = '/api/v1/studies';
const AGENTS = ['market_insight', 'risk_assessor'];
const SMALL_STUDY = {
  agents: ['market_insight'],
  from: '2002-04-01',
  sizes: {
    starts: 2,
    quietSeeds: 1,
    breakSeeds: 1,
    warmUpBars: 800,
    quietBars: 300,
    beforeBreakBars: 100,
    afterBreakBars: 100,
  },
};

/** Without a worker: what is asked for stays queued. */
describe('main job and studies over HTTP', () => {
  let api: TestApi;

  const send = (method: 'GET' | 'POST', url: string, payload?: object) =>
    api.app.inject({ method, url, headers: api.keyed, payload });
  const mainJob = async (method: 'GET' | 'POST', payload?: object): Promise<MainJob> => {
    const reply = await send(method, MAIN_JOB, payload);
    expect(reply.statusCode).toBe(200);
    return mainJobSchema.parse(reply.json());
  };
  const study = async (method: 'GET' | 'POST', payload?: object): Promise<Study> => {
    const reply = await send(method, STUDIES, payload);
    expect(reply.statusCode).toBe(200);
    return studySchema.parse(reply.json());
  };

  beforeAll(async () => {
    api = await startTestApi();
    const bars = plantedBars({ seed: 1, bars: 1_200 });
    await api.app.get(IngestService).store('sp500', bars, { source: 'test', knownAfterHours: 24 });
  });
  beforeEach(() => execute(api.database.dataSource, 'delete from job_run'));
  afterAll(() => api.close());

  it('says that no main job has been started, and starts one chain an agent', async () => {
    expect(await mainJob('GET')).toMatchObject({ state: 'none', progress: 0, jobs: [], results: [] });
    const begun = await mainJob('POST', {});
    expect(begun).toMatchObject({ state: 'running', results: [], jobs: [{ kind: 'ingest', state: 'queued' }, {}] });
    expect(begun.jobs.map(({ agent }) => agent).sort()).toEqual(AGENTS);
    expect(begun.text).toBeUndefined();
  });

  it('returns the one that runs, asked for again or anew', async () => {
    const { jobs } = await mainJob('POST', {});
    expect((await mainJob('POST', {})).jobs).toEqual(jobs);
    expect((await mainJob('POST', { rerun: true })).jobs).toEqual(jobs);
    expect((await mainJob('GET')).jobs).toEqual(jobs);
  });

  it('says that there is no study, and starts one of the agent that is named', async () => {
    expect(await study('GET')).toMatchObject({ state: 'none', jobs: [], results: [], reports: [] });
    const begun = await study('POST', SMALL_STUDY);
    expect(begun).toMatchObject({ study: 'study-1', state: 'running', reports: [] });
    expect(begun.jobs.map(({ kind, agent, state }) => [kind, agent, state])).toEqual([
      ['study', 'market_insight', 'queued'],
    ]);
    expect(await study('POST', { ...SMALL_STUDY, agents: ['risk_assessor'] })).toEqual(begun);
    expect((await study('POST', { ...SMALL_STUDY, rerun: true })).study).toBe('study-2');
  });

  it('asks for another study where the newest is in the form of an earlier version', async () => {
    const { jobs } = await study('POST', SMALL_STUDY);
    await execute(
      api.database.dataSource,
      `update job_run set state = 'succeeded', payload = payload || '{"part": "report"}', result = '{"study": {"agent": "a"}}'
       where id = $1`,
      [jobs[0]!.id],
    );
    expect(await study('GET')).toMatchObject({
      state: 'none',
      jobs: [],
      message: expect.stringContaining('earlier version'),
    });
    expect(await study('POST', SMALL_STUDY)).toMatchObject({ study: 'study-2', state: 'running' });
  });

  it.each([
    [MAIN_JOB, { rerun: 'yes' }, 400, 'REQUEST_INVALID'],
    [MAIN_JOB, { colour: 'red' }, 400, 'REQUEST_INVALID'],
    [STUDIES, { agents: [] }, 400, 'REQUEST_INVALID'],
    [STUDIES, { agents: ['stranger'], sizes: {} }, 404, 'AGENT_NOT_FOUND'],
    [STUDIES, { from: '2020-02-30', sizes: {} }, 400, 'REQUEST_INVALID'],
    [STUDIES, { agents: ['market_insight'], from: '2017-01-01', sizes: {} }, 400, 'STUDY_WITHOUT_BARS'],
  ])('POST %s refuses %j with %s %s, and starts nothing', async (url, body, status, code) => {
    const reply = await send('POST', url, body);
    expect([reply.statusCode, reply.json()]).toMatchObject([status, { code, message: expect.stringMatching(/\S/) }]);
    expect((await send('GET', url)).json()).toMatchObject({ state: 'none', jobs: [] });
  });

  it.each([
    ['GET', MAIN_JOB],
    ['POST', MAIN_JOB],
    ['GET', STUDIES],
    ['POST', STUDIES],
  ] as const)('%s %s asks for a key', async (method, url) => {
    const reply = await api.app.inject({ method, url, ...(method === 'POST' ? { payload: {} } : {}) });
    expect([reply.statusCode, reply.json()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
  });
});
