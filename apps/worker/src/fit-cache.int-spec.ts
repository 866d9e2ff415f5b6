import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBaseConfig } from '@tidemark/config';
import { selectRows } from '@tidemark/database';
import { jobCancelled } from '@tidemark/jobs';
import { JobBench, type BenchRun } from './testing/job-bench.js';
import { SEALED_FROM, plantedAgent, storePlanted } from './testing/planted-agent.js';

const AS_OF = `${SEALED_FROM}T00:00:00Z`;

/** The real trainer behind a script that writes a line for every process that is started. */
describe('the cache of fits', () => {
  let folder: string;
  let calls: string;
  let bench: JobBench;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-counted-'));
    calls = join(folder, 'calls');
    const trainer = join(folder, 'trainer');
    writeFileSync(trainer, `#!/bin/sh\necho "$1" >> '${calls}'\nexec '${loadBaseConfig({}).trainerPath}' "$1"\n`, {
      mode: 0o755,
    });
    const agents = ['cached', 'twins', 'stopped'].map((agent) => plantedAgent(agent));
    bench = await JobBench.open({ agents, env: { TIDEMARK_TRAINER: trainer } });
    for (const [index, { agent }] of agents.entries()) await storePlanted(bench, agent, { seed: 2 + index });
  }, 60_000);
  afterAll(async () => {
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const started = (): number => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0);
  const train = (agent: string, payload: Record<string, unknown> = {}): Promise<BenchRun> =>
    bench.run({ kind: 'train', payload: { agent, asOf: AS_OF, ...payload } });

  it('gives the same bytes without a process when the same is asked again', async () => {
    const first = await train('cached');
    // The baseline on all rows and the candidate on its slices, each with its dataset.
    expect(started()).toBe(4);
    const second = await train('cached');
    expect(started()).toBe(4);
    expect(second.result['artifactSha256']).toBe(first.result['artifactSha256']);
    expect(second.context.logs.join('\n')).toContain('taken from the cache');
    const runs = await selectRows<{ cached: string | null; artifact_sha256: string; state: string }>(
      bench.database.dataSource,
      `select metrics->>'fit.from_cache' as cached, artifact_sha256, state from model_runs where job_id = $1`,
      [second.jobId],
    );
    expect(runs).toEqual([{ cached: '1', artifact_sha256: first.result['artifactSha256'], state: 'succeeded' }]);
    const versions = await selectRows<{ metrics: object }>(
      bench.database.dataSource,
      `select metrics from model_versions where model = 'cached' and sequence > 1`,
    );
    expect(versions[1]).toEqual(versions[0]);
  }, 60_000);

  it('computes the rows when a family is asked for that is not known', async () => {
    const before = started();
    await train('cached', { families: ['logistic', 'gbdt'] });
    expect(started()).toBe(before + 2);
    await train('cached', { seed: 9 });
    expect(started()).toBe(before + 4);
  }, 60_000);

  it('is shared by two jobs at once', async () => {
    const before = started();
    const [one, two] = await Promise.all([train('twins'), train('twins')]);
    expect(one.result['artifactSha256']).toBe(two.result['artifactSha256']);
    // Two datasets and two fits; a job that waited for a dataset may have to compute the rows itself.
    expect(started() - before).toBeLessThanOrEqual(6);
  }, 60_000);

  it('has nothing of a fit that was cancelled', async () => {
    const rows = (): Promise<unknown[]> => selectRows(bench.database.dataSource, 'select key from fit_cache');
    const context = await bench.claim({ kind: 'train', payload: { agent: 'stopped', asOf: AS_OF } });
    context.onProgress = async (_fraction, message) => {
      if (message.startsWith('base_rate')) context.abort(jobCancelled(context.job.id));
    };
    const before = (await rows()).length;
    await expect(bench.execute(context)).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
    // The dataset, which was complete.
    expect(await rows()).toHaveLength(before + 1);
  }, 60_000);
});
