import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Run } from '@tidemark/contracts';
import { eventually } from '@tidemark/testing';
import { Installation, type RunningApi } from './testing/installation.js';
import { ended, ingest, job, startTraining, succeeded, train, versions } from './testing/jobs.js';
import type { ManagedProcess } from './testing/managed-process.js';
import { ScriptedTrainer, type TrainerMode } from './testing/scripted-trainer.js';

const AGENT = 'market_insight';
const TRAINING = { agent: AGENT, asOf: '2017-01-01', families: ['logistic'] };
/** Windows of 1,260 returns: the largest inputs there are. */
const RISK_TRAINING = { agent: 'risk_assessor', asOf: '2017-01-01' };
/** Attempts of every job, and seconds after which a silent worker's job is taken back. */
const ENV = { TIDEMARK_JOB_MAX_ATTEMPTS: '2', TIDEMARK_JOB_LEASE_SECONDS: '1' };
const TEST_MS = 60_000;

describe('workers and trainers that die', () => {
  let installation: Installation;
  let api: RunningApi;
  let trainer: ScriptedTrainer;
  let worker: ManagedProcess;
  let seed = 1;

  beforeAll(async () => {
    installation = await Installation.create(ENV);
    trainer = new ScriptedTrainer(installation.folder);
    api = await installation.startApi();
    worker = await startWorker();
    await ingest(api.client, AGENT);
    await train(api.client, TRAINING);
  }, TEST_MS);
  afterAll(() => installation.close());
  beforeEach(() => trainer.become('real'));

  const startWorker = (): Promise<ManagedProcess> => installation.startWorker({ TIDEMARK_TRAINER: trainer.path });

  /** Starts a training whose trainer takes its time, and waits until that runs: with another seed, so not from the cache. */
  async function startSlowTraining(): Promise<{ id: string; trainerPid: number }> {
    trainer.become('slow');
    seed += 1;
    const { id } = await startTraining(api.client, { ...TRAINING, seed });
    return { id, trainerPid: await trainer.pid() };
  }

  async function killWorker(): Promise<void> {
    expect(await worker.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
  }

  async function registered(jobId: string): Promise<number> {
    const runs = await api.client.all<Run>(`/api/v1/runs?jobId=${jobId}`);
    const ids = new Set(runs.map(({ id }) => id));
    return (await versions(api.client, AGENT)).filter(({ lineage }) => ids.has(lineage.runId ?? '')).length;
  }

  it(
    'a worker killed in mid-training: the next attempt ends with exactly one version',
    async () => {
      const { id, trainerPid } = await startSlowTraining();
      await killWorker();
      expect(await job(api.client, id)).toMatchObject({ state: 'running', attempt: 1 });
      trainer.become('real');
      worker = await startWorker();
      expect(await succeeded(api.client, id)).toMatchObject({ attempt: 2 });
      expect(await registered(id)).toBe(1);
      // The orphan finds that nobody reads its events as soon as it has something to say.
      await trainer.gone(trainerPid, 6_000);
      expect(existsSync(join(installation.dataDir, 'work', id))).toBe(false);
    },
    TEST_MS,
  );

  it(
    'a worker killed at every attempt: the job fails when its attempts are spent',
    async () => {
      const before = await versions(api.client, AGENT);
      const { id } = await startSlowTraining();
      await killWorker();
      trainer.become('slow');
      worker = await startWorker();
      await eventually(async () => (await job(api.client, id)).attempt === 2);
      await trainer.pid();
      await killWorker();
      trainer.become('real');
      worker = await startWorker();
      expect(await ended(api.client, id)).toMatchObject({ state: 'failed', error: { code: 'ATTEMPTS_SPENT' } });
      expect(await versions(api.client, AGENT)).toHaveLength(before.length);
    },
    TEST_MS,
  );

  it.each([
    ['memory', 'TRAINING_MEMORY_LIMIT', 1],
    ['time', 'TRAINING_TIME_LIMIT', 1],
    ['crash', 'ATTEMPTS_SPENT', 2],
  ] as const)(
    '%s: the job fails with %s and serving is untouched',
    async (mode: TrainerMode, code, attempt) => {
      const before = await versions(api.client, RISK_TRAINING.agent);
      const traffic = installation.traffic([api.port], 4, () => ({ agent: AGENT }));
      trainer.become(mode);
      const { id } = await startTraining(api.client, RISK_TRAINING);
      const failed = await ended(api.client, id);
      expect(failed).toMatchObject({ state: 'failed', attempt, error: { code } });
      const calls = await traffic.stop();
      expect(traffic.failures).toEqual([]);
      expect(calls.length).toBeGreaterThan(0);
      expect(await versions(api.client, RISK_TRAINING.agent)).toHaveLength(before.length);
      expect(await runStates(failed)).not.toContain('running');
    },
    TEST_MS,
  );

  it(
    'a training is cancelled within two seconds, with its trainer and without a version',
    async () => {
      const before = await versions(api.client, AGENT);
      const { id, trainerPid } = await startSlowTraining();
      const began = performance.now();
      await api.client.post(`/api/v1/jobs/${id}/cancel`);
      expect(await ended(api.client, id)).toMatchObject({ state: 'cancelled' });
      await trainer.gone(trainerPid, 2_000);
      expect(performance.now() - began).toBeLessThan(2_500);
      expect(await versions(api.client, AGENT)).toHaveLength(before.length);
      expect(workFolders()).not.toContain(id);
    },
    TEST_MS,
  );

  it(
    'a worker that is stopped hands its training to the next one, and that attempt is not counted',
    async () => {
      const { id, trainerPid } = await startSlowTraining();
      expect(await worker.stop('SIGTERM')).toEqual({ code: 0, signal: null });
      await trainer.gone(trainerPid, 1_000);
      expect(await job(api.client, id)).toMatchObject({ state: 'queued', attempt: 1, maxAttempts: 3 });
      trainer.become('real');
      worker = await startWorker();
      await succeeded(api.client, id);
      expect(await registered(id)).toBe(1);
      // Also what the killed workers of the tests before left is gone with this start.
      expect(workFolders()).toEqual([]);
    },
    TEST_MS,
  );

  function workFolders(): string[] {
    const folder = join(installation.dataDir, 'work');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  async function runStates({ id }: Job): Promise<string[]> {
    return (await api.client.all<Run>(`/api/v1/runs?jobId=${id}`)).map(({ state }) => state);
  }
});
