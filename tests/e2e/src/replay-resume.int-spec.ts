import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Digest, Job } from '@tidemark/contracts';
import { eventually } from '@tidemark/testing';
import { Installation, type RunningApi } from './testing/installation.js';
import { ingest } from './testing/jobs.js';
import type { ManagedProcess } from './testing/managed-process.js';

const AGENT = 'market_insight';
/** The span that is replayed, on real bars; an installation of its own each time, so that its fit cache is empty. */
const FROM = '2004-01-01';
const TO = '2007-12-31';
/** Days after whose end the file is cut. */
const CUTS = ['2005-06-17', '2006-10-02', '2007-08-09'];
/** Shares of the replay after which the worker is killed; drawn once, so that they lie at no boundary. */
const KILLS = [0.137, 0.418, 0.793];
const ENV = { TIDEMARK_JOB_LEASE_SECONDS: '1' };
const REPLAY_MS = 90_000;
const TEST_MS = 150_000;

const FILE = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/sp500-2000.csv');

interface Begun {
  readonly installation: Installation;
  readonly api: RunningApi;
  readonly worker: ManagedProcess;
  readonly id: string;
}

describe('a replay of 2004 to 2007', () => {
  let installations: Installation[] = [];
  let whole: ReadonlyMap<string, Digest>;

  beforeAll(async () => {
    const { api, id } = await begin();
    await ended(api, id);
    const ends = [...CUTS, TO];
    whole = new Map(await Promise.all(ends.map(async (end) => [end, await digest(api, end)] as const)));
  }, TEST_MS);

  afterEach(closeAll);
  afterAll(closeAll);

  async function closeAll(): Promise<void> {
    for (const installation of installations) await installation.close();
    installations = [];
  }

  /** Installs, reads the bars up to a day, and starts the replay. */
  async function begin(lastDay = TO): Promise<Begun> {
    const installation = await Installation.create(ENV);
    installations.push(installation);
    readFrom(installation.agentsDir, barsUpTo(lastDay));
    const api = await installation.startApi();
    const worker = await installation.startWorker();
    await ingest(api.client, AGENT);
    const { jobs } = await api.client.post<{ jobs: Job[] }>('/api/v1/replays', { agents: [AGENT], timeline: 'tried' });
    return { installation, api, worker, id: jobs[0]!.id };
  }

  const jobOf = (api: RunningApi, id: string): Promise<Job> => api.client.get<Job>(`/api/v1/jobs/${id}`);

  async function ended(api: RunningApi, id: string): Promise<Job> {
    const job = await eventually(
      async () => {
        const found = await jobOf(api, id);
        return ['succeeded', 'failed', 'cancelled'].includes(found.state) ? found : undefined;
      },
      { timeoutMs: REPLAY_MS, intervalMs: 100 },
    );
    expect(job).toMatchObject({ state: 'succeeded' });
    return job;
  }

  function digest(api: RunningApi, until: string): Promise<Digest> {
    return api.client.get<Digest>(`/api/v1/timelines/tried/digest?agent=${AGENT}&until=${until}`);
  }

  it('has something in it: predictions, outcomes, monitors, decisions, versions', () => {
    const rows = new Map(whole.get(TO)!.tables.map((each) => [each.table, each.rows]));
    for (const table of ['predictions', 'outcomes', 'drift_metrics', 'decisions', 'model_versions', 'schedule_slot'])
      expect([table, (rows.get(table) ?? 0) > 0]).toEqual([table, true]);
    expect(new Set([...whole.values()].map(({ sha256 }) => sha256)).size).toBe(whole.size);
  });

  it.each(CUTS)(
    'knows nothing of what came later: on a file that ends on %s it is the same up to then',
    async (cut) => {
      const { api, id } = await begin(cut);
      await ended(api, id);
      const { tables, sha256 } = await digest(api, cut);
      const expected = whole.get(cut)!;
      expect(tables).toEqual(expected.tables);
      expect(sha256).toBe(expected.sha256);
    },
    TEST_MS,
  );

  it(
    'ends the same when its worker is killed three times on the way',
    async () => {
      const begun = await begin();
      const { installation, api, id } = begun;
      let { worker } = begun;
      for (const share of KILLS) {
        await eventually(async () => (await jobOf(api, id)).progress.fraction >= share || undefined, {
          timeoutMs: REPLAY_MS,
          intervalMs: 10,
        });
        expect(await worker.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
        worker = await installation.startWorker();
      }
      expect((await ended(api, id)).attempt).toBe(1 + KILLS.length);
      const { tables, sha256 } = await digest(api, TO);
      expect(tables).toEqual(whole.get(TO)!.tables);
      expect(sha256).toBe(whole.get(TO)!.sha256);
    },
    TEST_MS,
  );
});

/** Lets the agent read its bars from a file of its own, and begin in 2004. */
function readFrom(agentsDir: string, csv: string): void {
  writeFileSync(join(agentsDir, 'bars.csv'), csv);
  const file = join(agentsDir, `${AGENT}.yaml`);
  const yaml = readFileSync(file, 'utf8')
    .replace(/^ {2}package: .*\n {2}file: .*$/m, '  path: bars.csv')
    .replace(/^replay: .*$/m, `replay: { from: ${FROM} }`);
  writeFileSync(file, yaml);
}

/** The head of the file and its rows up to a day. */
function barsUpTo(lastDay: string): string {
  const [head, ...rows] = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  return `${[head, ...rows.filter((row) => row.slice(0, 10) <= lastDay)].join('\n')}\n`;
}
