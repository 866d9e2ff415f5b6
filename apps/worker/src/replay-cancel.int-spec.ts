import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '@tidemark/config';
import type { Job, JobState } from '@tidemark/contracts';
import { execute, selectOne } from '@tidemark/database';
import { IngestService } from '@tidemark/market-data';
import { replayJob } from '@tidemark/replay/read';
import { SMALL_VALIDATION, plantedBars } from '@tidemark/testing';
import { plantedAgent } from './testing/planted-agent.js';
import { WorkerBench } from './testing/worker-bench.js';

const NAME = 'replayed';
const AGENT = plantedAgent(NAME, { sealedFrom: '2004-01-01', validation: { ...SMALL_VALIDATION, gateBars: 250 } });
/** Bars from 2000-01-01 on, one a day; the replay begins at bar 1,096 and asks for its baseline and two trainings. */
const BARS = plantedBars({ seed: 2, bars: 1_262 });
const SPAN = { from: '2003-01-01', to: '2003-06-13' } as const;
const TEST_MS = 120_000;
/** A trainer that waits as long as there is a file. */
const waiting = (trainer: string, hold: string): string =>
  `#!/bin/sh\nwhile [ -e '${hold}' ]; do sleep 0.02; done\nexec '${trainer}' "$@"\n`;
const digestOf = ({ result }: Job): unknown => result?.['digest'];

type Kind = 'baseline' | 'decision';

/** Trainings that end only when they are let go, on the real queue, with real workers. */
describe('a replay that waits for a training', () => {
  let bench: WorkerBench;
  let whole: Job;

  const hold = (): void => writeFileSync(join(bench.folder, 'hold'), '');
  const letGo = (): void => rmSync(join(bench.folder, 'hold'), { force: true });

  /** With nothing to be had from the cache, so that every training comes to the trainer. */
  async function replay(timeline: string): Promise<Job> {
    await execute(bench.database.dataSource, 'truncate fit_cache');
    return bench.store.start(replayJob({ agent: NAME, timeline, purpose: 'replay', ...SPAN }));
  }

  /** A training of the timeline: its baseline, or the first that a decision asked for. */
  const training = (timeline: string, kind: Kind, state: JobState): Promise<string> =>
    bench.until(async () => {
      const row = await selectOne<{ id: string }>(
        bench.database.dataSource,
        `select id from job_run where kind = 'train' and payload ->> 'timeline' = $1 and state = $2
           and (payload ->> 'mode' = 'baseline') = $3 order by created_at`,
        [timeline, state, kind === 'baseline'],
      );
      return row?.id;
    });

  /** Begins a replay and returns it with a training of it that runs, and is held. */
  async function held(timeline: string, kind: Kind): Promise<{ id: string; fit: string }> {
    if (kind === 'baseline') hold();
    const { id } = await replay(timeline);
    if (kind === 'decision') {
      await training(timeline, 'baseline', 'succeeded');
      hold();
    }
    return { id, fit: await training(timeline, kind, 'running') };
  }

  /** The same in a worker process that is killed then. */
  async function killed(timeline: string): Promise<{ id: string; fit: string }> {
    const main = resolve(import.meta.dirname, 'main.js');
    const child = spawn(process.execPath, [main], { env: bench.environment, stdio: 'ignore' });
    try {
      return await held(timeline, 'decision');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  const ended = (id: string): Promise<Job> => bench.inState(id, 'succeeded', 'failed', 'cancelled');

  beforeAll(async () => {
    bench = await WorkerBench.create({
      agent: AGENT,
      env: (folder) => ({ TIDEMARK_TRAINER: join(folder, 'trainer') }),
    });
    const { trainerPath } = loadConfig({ DATABASE_URL: bench.database.url });
    writeFileSync(join(bench.folder, 'trainer'), waiting(trainerPath, join(bench.folder, 'hold')), { mode: 0o755 });
    const worker = await bench.openWorker();
    await worker.get(IngestService).store(NAME, BARS, { source: 'test', knownAfterHours: 24 });
    whole = await ended((await replay('whole')).id);
    expect(whole).toMatchObject({ state: 'succeeded', result: { bars: 164, fits: 2 } });
  }, TEST_MS);
  afterEach(async () => {
    letGo();
    await bench.closeWorkers();
  });
  afterAll(() => bench.close());

  it.each(['baseline', 'decision'] as const)(
    'takes it along when it is cancelled, and ends as if nothing had been once it is tried again: %s',
    async (kind) => {
      await bench.openWorker();
      const { id, fit } = await held(`cancelled-${kind}`, kind);
      await bench.store.cancel(id);
      expect(await ended(id)).toMatchObject({ state: 'cancelled', error: undefined });
      // Even before the training has ended: the replay waits for that, and asks for it again.
      await bench.store.retry(id);
      await bench.until(async () => (await bench.store.get(fit)).attempt === 2);
      letGo();
      expect((await ended(id)).result).toEqual({ ...whole.result, timeline: `cancelled-${kind}` });
      expect(await bench.store.get(fit)).toMatchObject({ state: 'succeeded', attempt: 2 });
    },
    TEST_MS,
  );

  it(
    'leaves it cancelled, with nothing registered and nothing left to run',
    async () => {
      await bench.openWorker();
      const { id, fit } = await held('stopped', 'decision');
      await bench.store.cancel(id);
      expect(await ended(id)).toMatchObject({ state: 'cancelled' });
      expect(await ended(fit)).toMatchObject({ state: 'cancelled' });
      await expect(bench.store.cancel(id)).rejects.toMatchObject({ code: 'JOB_ALREADY_ENDED' });
      const left = await selectOne<{ open: number; versions: number }>(
        bench.database.dataSource,
        `select (select count(*)::int from job_run where state in ('queued', 'running')) as open,
           (select count(*)::int from model_versions where job_id = $1) as versions`,
        [fit],
      );
      expect(left).toEqual({ open: 0, versions: 0 });
    },
    TEST_MS,
  );

  it(
    'leaves it alone when the worker stops; another ends both as if nothing had been',
    async () => {
      await bench.openWorker();
      const { id, fit } = await held('handed-over', 'decision');
      await bench.closeWorkers();
      for (const job of [id, fit])
        expect(await bench.store.get(job)).toMatchObject({ state: 'queued', cancelRequested: false });
      letGo();
      await bench.openWorker();
      const done = await ended(id);
      expect([done.attempt, digestOf(done)]).toEqual([2, digestOf(whole)]);
      expect(await bench.store.get(fit)).toMatchObject({ state: 'succeeded', attempt: 2 });
    },
    TEST_MS,
  );

  it(
    'takes it along when it is cancelled after its worker was killed, before anybody noticed',
    async () => {
      const { id, fit } = await killed('killed-cancelled');
      expect(await bench.store.cancel(id)).toMatchObject({ state: 'running', cancelRequested: true });
      await bench.openWorker();
      expect(await ended(id)).toMatchObject({ state: 'cancelled' });
      expect(await ended(fit)).toMatchObject({ state: 'cancelled' });
    },
    TEST_MS,
  );

  it(
    'leaves it alone when its worker is killed; another ends both as if nothing had been',
    async () => {
      const { id, fit } = await killed('killed');
      letGo();
      await bench.openWorker();
      const done = await ended(id);
      expect([done.attempt, digestOf(done)]).toEqual([2, digestOf(whole)]);
      expect(await bench.store.get(fit)).toMatchObject({ state: 'succeeded', attempt: 2, cancelRequested: false });
    },
    TEST_MS,
  );
});
