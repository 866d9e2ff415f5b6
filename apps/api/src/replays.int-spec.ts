import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  digestSchema,
  errorResponseSchema,
  jobSchema,
  replayResultSchema,
  replayStartedSchema,
  timelinesSchema,
  type Digest,
  type Job,
  type ReplayResult,
} from '@tidemark/contracts';
import { execute, selectRows } from '@tidemark/database';
import { IngestService } from '@tidemark/market-data';
import { SMALL_VALIDATION, buildAgent, eventually, plantedBars } from '@tidemark/testing';
import { stringify } from 'yaml';
import { startTestApi, type TestApi } from './testing/test-api.js';
import { startTestWorker } from './testing/test-worker.js';

const AGENT = 'test_agent';
/** Its bars come by the API: it is replayed when named. */
const FED = 'fed_agent';
/** One a day from 2000-01-01 on, each known a day later. */
const BARS = plantedBars({ seed: 3, bars: 1_120 });
/** Ten bars, too few for a training. */
const SPAN = { from: '2003-01-10', to: '2003-01-19' } as const;
const UNKNOWN_TIMELINE = '/api/v1/timelines/nowhere/digest';

interface Started {
  readonly timeline: string;
  readonly jobs: Job[];
}

describe('replays and digests over HTTP', () => {
  let folder: string;
  let api: TestApi;
  let worker: INestApplicationContext | undefined;
  let whole: ReplayResult;

  const post = (payload: object, headers: Record<string, string> = api.keyed) =>
    api.app.inject({ method: 'POST', url: '/api/v1/replays', headers, payload });
  const start = async (payload: object): Promise<Started> => {
    const reply = await post(payload);
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([202, 'application/json; charset=utf-8']);
    return replayStartedSchema.parse(reply.json());
  };
  const get = (url: string, headers: Record<string, string> = api.keyed) => api.app.inject({ url, headers });
  const digest = async (query: string, timeline = 'tried'): Promise<Digest> => {
    const reply = await get(`/api/v1/timelines/${timeline}/digest?agent=${AGENT}${query}`);
    expect(reply.statusCode).toBe(200);
    return digestSchema.parse(reply.json());
  };
  /** What a refusal must leave as it was. */
  const stored = (): Promise<unknown[]> =>
    selectRows(
      api.database.dataSource,
      `select (select count(*)::int from timelines) as timelines, (select count(*)::int from job_run) as jobs`,
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-replays-'));
    const source = { series: 'test_series', kind: 'csv', path: 'bars.csv' };
    await writeFile(join(folder, 'bars.csv'), 'date,open,high,low,close,volume\n');
    const common = { validation: SMALL_VALIDATION, policy: { name: 'own' } };
    await writeFile(join(folder, `${AGENT}.yaml`), stringify(buildAgent({ source, ...common })));
    await writeFile(join(folder, `${FED}.yaml`), stringify(buildAgent({ agent: FED, ...common })));
    api = await startTestApi({ env: { TIDEMARK_AGENTS_DIR: folder, ENABLE_MLOPS_JOBS: 'false' } });
    worker = await startTestWorker(api.config);
    await worker.get(IngestService).store('test_series', BARS, { source: 'test', knownAfterHours: 24 });
    const { jobs } = await start({ agents: [AGENT], timeline: 'tried', ...SPAN });
    const job = await eventually(
      async () => {
        const found = jobSchema.parse((await get(`/api/v1/jobs/${jobs[0]!.id}`)).json());
        return (found.state === 'succeeded' || found.state === 'failed') && found;
      },
      { timeoutMs: 60_000 },
    );
    whole = replayResultSchema.parse(job.result);
    // From here on nobody takes a job: what is asked for stays queued.
    await worker.close();
    worker = undefined;
  }, 120_000);
  afterAll(async () => {
    await worker?.close();
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('runs a replay on the timeline that was named, and gives its digest', async () => {
    expect(whole).toMatchObject({ timeline: 'tried', agent: AGENT, bars: 10, until: '2003-01-20T02:00:00.000Z' });
    const now = await digest('');
    expect(now).toMatchObject({ timeline: 'tried', agent: AGENT, until: whole.until, sha256: whole.digest });
    const rows = Object.fromEntries(now.tables.map((table) => [table.table, table.rows]));
    expect(rows).toMatchObject({ predictions: 10, decisions: 10, model_versions: 1 });
  });

  it('replays the policy of the agent’s file, unless given another', async () => {
    const { items } = timelinesSchema.parse((await get('/api/v1/timelines')).json());
    expect(items.find(({ id }) => id === 'tried')!.loops).toMatchObject([{ agent: AGENT, policy: 'own' }]);
    const { jobs } = await start({ timeline: 'other-rules', policy: { name: 'other', gates: { newRecipe: 'none' } } });
    expect(jobs[0]!.payload['policy']).toMatchObject({ name: 'other', gates: { newRecipe: 'none' }, minGapBars: 63 });
  });

  it('gives the digest up to an instant, or to the end of a day', async () => {
    expect(await digest(`&until=${whole.until}`)).toEqual(await digest(''));
    const day = await digest('&until=2003-01-15');
    expect(day).toEqual(await digest('&until=2003-01-16T01:00:00%2B01:00'));
    expect(day.until).toBe('2003-01-16T00:00:00.000Z');
    expect(day.tables.find(({ table }) => table === 'predictions')).toMatchObject({ rows: 6 });
    expect(day.sha256).not.toBe(whole.digest);
  });

  it.each([
    ['a timeline nobody made', `${UNKNOWN_TIMELINE}?agent=${AGENT}`, 404, 'LOOP_MISSING'],
    ['such a timeline at an instant', `${UNKNOWN_TIMELINE}?agent=${AGENT}&until=2003-01-15`, 404, 'LOOP_MISSING'],
    ['an agent without a history there', `/api/v1/timelines/tried/digest?agent=${FED}`, 404, 'LOOP_MISSING'],
    ['no agent', '/api/v1/timelines/tried/digest', 400, 'REQUEST_INVALID'],
    ['words for an instant', `/api/v1/timelines/tried/digest?agent=${AGENT}&until=soon`, 400, 'REQUEST_INVALID'],
    ['a day that is none', `/api/v1/timelines/tried/digest?agent=${AGENT}&until=2003-02-30`, 400, 'REQUEST_INVALID'],
    [
      'an instant of nowhere',
      `/api/v1/timelines/tried/digest?agent=${AGENT}&until=2003-01-15T10:00`,
      400,
      'REQUEST_INVALID',
    ],
    [
      'two instants',
      `/api/v1/timelines/tried/digest?agent=${AGENT}&until=2003-01-15&until=2003-01-16`,
      400,
      'REQUEST_INVALID',
    ],
    ['a name that cannot be one', `/api/v1/timelines/Tried/digest?agent=${AGENT}`, 400, 'REQUEST_INVALID'],
  ])('has no digest of %s', async (_what, url, status, code) => {
    const reply = await get(url);
    expect([reply.statusCode, reply.json()]).toMatchObject([status, { code, message: expect.stringMatching(/\S/) }]);
  });

  it('queues a replay for each agent with a file on the first free timeline, and takes the next one for the next', async () => {
    const first = await start({});
    expect(first).toMatchObject({ timeline: 'replay-1', jobs: [{ kind: 'replay', agent: AGENT, state: 'queued' }] });
    expect(first.jobs).toHaveLength(1);
    expect(first.jobs[0]!.payload).toEqual({ agent: AGENT, timeline: 'replay-1', purpose: 'replay' });
    const second = await start({ agents: [FED, AGENT, FED], ...SPAN });
    expect(second.timeline).toBe('replay-2');
    expect(second.jobs.map(({ agent }) => agent)).toEqual([FED, AGENT]);
    expect(second.jobs[0]!.payload).toMatchObject(SPAN);
  });

  it('gives two who ask at once two timelines', async () => {
    const both = await Promise.all([start({}), start({})]);
    expect(both.map(({ timeline }) => timeline).sort()).toEqual(['replay-3', 'replay-4']);
  });

  it('lets one of two have a name that both ask for at once', async () => {
    const replies = await Promise.all([post({ timeline: 'wanted' }), post({ timeline: 'wanted' })]);
    expect(replies.map(({ statusCode }) => statusCode).sort()).toEqual([202, 409]);
    expect(replies.find(({ statusCode }) => statusCode === 409)!.json()).toMatchObject({ code: 'TIMELINE_REPLAYED' });
  });

  it('adds another agent to a timeline, and goes on with a history that was left unfinished', async () => {
    expect((await start({ agents: [FED], timeline: 'tried' })).jobs).toHaveLength(1);
    const { jobs } = await start({ timeline: 'left' });
    await api.app.inject({ method: 'POST', url: `/api/v1/jobs/${jobs[0]!.id}/cancel`, headers: api.keyed });
    expect((await start({ timeline: 'left' })).timeline).toBe('left');
  });

  it.each([
    ['an agent nobody knows', { agents: [AGENT, 'stranger'] }, 404, 'AGENT_NOT_FOUND'],
    ['no agent at all', { agents: [] }, 400, 'REQUEST_INVALID'],
    ['a field that is none', { colour: 'red' }, 400, 'REQUEST_INVALID'],
    ['a day that is none', { from: '2020-02-30' }, 400, 'REQUEST_INVALID'],
    ['an end before its beginning', { from: '2003-01-02', to: '2003-01-01' }, 400, 'REPLAY_EMPTY'],
    ['a beginning before the baseline can be fitted', { from: '2000-12-01' }, 400, 'REPLAY_TOO_EARLY'],
    ['a span behind the last bar', { from: '2019-01-01' }, 400, 'REPLAY_EMPTY'],
    ['a policy that is none', { policy: { gates: { newRecipe: 'luck' } } }, 400, 'REQUEST_INVALID'],
    ['a name that cannot be one', { timeline: 'Tried' }, 400, 'REQUEST_INVALID'],
    ['the timeline that serves', { timeline: 'main' }, 409, 'REPLAY_ON_LIVE'],
    ['a timeline that has its history', { timeline: 'tried' }, 409, 'TIMELINE_REPLAYED'],
    ['a timeline where it waits already', { timeline: 'replay-1' }, 409, 'TIMELINE_REPLAYED'],
    ['a comparison', { timeline: 'compared' }, 409, 'TIMELINE_EXISTS'],
  ])('refuses %s, and leaves nothing behind', async (_what, body, status, code) => {
    await execute(
      api.database.dataSource,
      `insert into timelines (id, purpose, created_at) values ('compared', 'comparison', now()) on conflict do nothing`,
    );
    const before = await stored();
    const reply = await post(body);
    expect([reply.statusCode, reply.json()]).toMatchObject([
      status,
      { code, message: expect.stringMatching(/\S/), requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ]);
    expect(await stored()).toEqual(before);
  });

  it('names the earliest day, and begins there when it is told', async () => {
    const refused = errorResponseSchema.parse((await post({ from: '2000-12-01' })).json());
    expect(refused.details).toMatchObject({ agent: AGENT, from: '2000-12-01' });
    const { earliest } = refused.details as { earliest: string };
    expect(refused.message).toContain(`The earliest day is ${earliest}`);
    const before = new Date(Date.parse(earliest) - 86_400_000).toISOString().slice(0, 10);
    expect((await post({ from: before })).json()).toMatchObject({ code: 'REPLAY_TOO_EARLY', details: { earliest } });
    expect((await start({ from: earliest })).jobs[0]!.payload).toMatchObject({ from: earliest });
  });

  it('refuses the name of a timeline that has been adopted, and of the one that served before', async () => {
    const adopt = (path: string) => api.app.inject({ method: 'POST', url: path, headers: api.keyed });
    expect((await adopt('/api/v1/timelines/tried/adopt')).statusCode).toBe(200);
    expect((await post({ timeline: 'tried' })).json()).toMatchObject({ code: 'REPLAY_ON_LIVE' });
    expect((await post({ timeline: 'main' })).json()).toMatchObject({ code: 'TIMELINE_EXISTS' });
    expect((await adopt('/api/v1/timelines/undo-adopt')).statusCode).toBe(200);
  });

  it('asks for a key', async () => {
    const before = await stored();
    for (const reply of [await post({}, {}), await get(`/api/v1/timelines/tried/digest?agent=${AGENT}`, {})]) {
      expect([reply.statusCode, reply.json()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
    }
    expect(await stored()).toEqual(before);
  });
});
