import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelVersion, Run } from '@tidemark/contracts';
import { execute, selectRows } from '@tidemark/database';
import { jobCancelled } from '@tidemark/jobs';
import {
  VERSION_CATALOG,
  VERSION_REGISTRAR,
  type VersionCatalog,
  type VersionRegistrar,
} from '@tidemark/registry/read';
import { RUN_READER, type RunReader } from '@tidemark/training/read';
import { JobBench, type BenchRun } from './testing/job-bench.js';
import { SEALED_FROM, plantedAgent, storePlanted } from './testing/planted-agent.js';

const AS_OF = `${SEALED_FROM}T00:00:00Z`;
/** Agents share nothing, so each test that changes Production has one of its own. */
const AGENTS = [
  'first',
  'side_by_side',
  'choice',
  'payload',
  'resumed',
  'lost',
  'cancelled',
  'later',
  'overtaken',
  'opening',
];

interface RunRow {
  readonly id: string;
  readonly family: string;
  readonly state: string;
  readonly seed: string;
  readonly error_code: string | null;
  readonly metrics: Record<string, number>;
  readonly as_of: Date;
}

describe('the train job', () => {
  let bench: JobBench;
  let catalog: VersionCatalog;

  beforeAll(async () => {
    const agents = [
      ...AGENTS.map((agent) => plantedAgent(agent)),
      plantedAgent('strict', { gate: { rule: 'superiority', alpha: 0.05, minBars: 600 } }),
      plantedAgent('no_bars'),
      plantedAgent('constant'),
    ];
    bench = await JobBench.open({ agents });
    catalog = bench.app.get<VersionCatalog>(VERSION_CATALOG);
    for (const agent of [...AGENTS, 'strict']) await storePlanted(bench, agent);
    await storePlanted(bench, 'constant', { shuffled: true, seed: 5 });
  }, 60_000);
  afterAll(() => bench.close());
  // However an attempt ends, its folder is gone.
  afterEach(() => expect(workFolders()).toEqual([]));

  function workFolders(): string[] {
    const folder = join(bench.dataDir, 'work');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  const train = (agent: string, payload: Record<string, unknown> = {}): Promise<BenchRun> =>
    bench.run({ kind: 'train', payload: { agent, asOf: AS_OF, ...payload } });

  async function versions(agent: string): Promise<string[]> {
    const rows = await selectRows<{ version: string }>(
      bench.database.dataSource,
      `select major || '.' || minor || '.' || patch as version from model_versions where model = $1 order by sequence`,
      [agent],
    );
    return rows.map(({ version }) => version);
  }

  async function runs(jobId: string): Promise<RunRow[]> {
    return selectRows(bench.database.dataSource, 'select * from model_runs where job_id = $1 order by started_at, id', [
      jobId,
    ]);
  }

  it('brings the naive baseline into Production first, once, and promotes what is shown to be better', async () => {
    const first = await train('first');
    expect(await versions('first')).toEqual(['0.1.0', '1.0.0']);
    expect((await runs(first.jobId)).map(({ family, state }) => [family, state])).toEqual([
      ['base_rate', 'succeeded'],
      ['logistic', 'succeeded'],
    ]);
    expect(first.result).toMatchObject({
      version: '1.0.0',
      family: 'logistic',
      promoted: true,
      gate: { passed: true },
    });
    const second = await train('first', { seed: 7 });
    expect((await runs(second.jobId)).map(({ family }) => family)).toEqual(['logistic']);
    expect(second.result).toMatchObject({ version: '1.1.0', promoted: false, gate: { passed: false } });
    const deployments = await selectRows<{ action: string; actor: string }>(
      bench.database.dataSource,
      `select action, actor from model_deployments where model = 'first' order by generation`,
    );
    const actor = `job:${first.jobId}`;
    expect(deployments).toEqual([
      { action: 'baseline', actor },
      { action: 'promote', actor },
    ]);
  });

  it('has progress that never falls and stays within the job', async () => {
    const { context } = await train('first');
    const sorted = [...context.fractions].sort((a, b) => a - b);
    expect(context.fractions).toEqual(sorted);
    expect(sorted[0]).toBe(0);
    expect(sorted.at(-1)).toBeLessThanOrEqual(1);
  });

  it('makes one baseline when two first trainings run side by side', async () => {
    const [one, two] = await Promise.all([train('side_by_side'), train('side_by_side', { seed: 2 })]);
    const made = await versions('side_by_side');
    expect(made).toHaveLength(3);
    expect(made[0]).toBe('0.1.0');
    expect((await catalog.version('side_by_side', '1')).family).toBe('base_rate');
    expect([one.result['family'], two.result['family']]).toEqual(['logistic', 'logistic']);
  }, 60_000);

  it('registers the family with the lowest loss on the choice slices', async () => {
    const { jobId, result } = await train('choice', { families: ['gbdt', 'logistic'] });
    const fitted = (await runs(jobId)).filter(({ family }) => family !== 'base_rate');
    const losses = fitted.map(({ metrics }) => metrics['choice.loss']!);
    expect(losses.every(Number.isFinite)).toBe(true);
    const best = fitted[losses.indexOf(Math.min(...losses))]!;
    expect(result).toMatchObject({ family: best.family });
    expect((await catalog.version('choice', String(result['version']))).lineage.runId).toBe(best.id);
  }, 60_000);

  it('passes over a family that answers the same on every bar', async () => {
    // Without a signal the trees stop before the first split, which has the lower choice loss.
    const { jobId, result, context } = await train('constant', { families: ['logistic', 'gbdt'] });
    const losses = new Map((await runs(jobId)).map(({ family, metrics }) => [family, metrics['choice.loss']!]));
    expect(losses.get('gbdt')).toBeLessThan(losses.get('logistic')!);
    expect(result).toMatchObject({ family: 'logistic', gate: { passed: false, test: { status: 'ok' } } });
    expect(result).toMatchObject({ gate: { reason: expect.stringContaining('passed over') } });
    expect(context.logs.join('\n')).toContain('gbdt gives the same answer on every bar');
    const alone = await train('constant', { families: ['gbdt'] });
    expect(alone.result).toMatchObject({ family: 'gbdt', promoted: false, gate: { passed: false } });
    expect(alone.result).toMatchObject({ gate: { reason: expect.stringContaining('the same answer on every bar') } });
  }, 60_000);

  it('keeps what it was asked for: seed, instant, families, patch', async () => {
    const { jobId, result } = await train('payload', { seed: 41, asOf: '2008-03-01', families: ['gbdt', 'gbdt'] });
    const [baseline, gbdt, ...others] = await runs(jobId);
    expect(others).toEqual([]);
    expect([baseline!.seed, gbdt!.seed]).toEqual(['41', '41']);
    // A date means the end of that day.
    expect(gbdt!.as_of.toISOString()).toBe('2008-03-02T00:00:00.000Z');
    expect(result).toMatchObject({ version: '1.0.0', family: 'gbdt' });
    expect((await train('payload', { families: ['gbdt'], bump: 'patch' })).result).toMatchObject({ version: '1.0.1' });
    const other = train('payload', { families: ['logistic'], bump: 'patch' });
    await expect(other).rejects.toMatchObject({ code: 'PATCH_CHANGES_RECIPE' });
    expect(await versions('payload')).toEqual(['0.1.0', '1.0.0', '1.0.1']);
  }, 60_000);

  it('refuses families of another task and agents without bars', async () => {
    const astray = train('payload', { families: ['ewma', 'logistic'] });
    await expect(astray).rejects.toMatchObject({ code: 'FAMILY_OF_ANOTHER_TASK', details: { families: ['ewma'] } });
    await expect(train('no_bars')).rejects.toMatchObject({ code: 'NO_BARS', family: 'caller' });
    await expect(train('first', { asOf: '1999-12-31' })).rejects.toMatchObject({ code: 'NO_BARS' });
    await expect(train('first', { asOf: '2999-12-31' })).rejects.toMatchObject({ code: 'AS_OF_IN_FUTURE' });
  });

  it('says how many bars a training needs when there are too few', async () => {
    const short = train('first', { asOf: '2003-01-01' });
    await expect(short).rejects.toMatchObject({ code: 'TRAINING_INSUFFICIENT_DATA', family: 'caller' });
  });

  it('does not promote on fewer matured bars than the gate needs', async () => {
    const { result } = await train('strict');
    expect(result).toMatchObject({ promoted: false, gate: { passed: false } });
    const { gate } = await catalog.version('strict', '2');
    expect(gate).toMatchObject({ passed: false, bars: 500, rule: 'superiority', loss: 'log_loss' });
    expect(gate?.test).toBeUndefined();
  });

  it('does not promote against a version that may have seen the gate slice', async () => {
    await train('later');
    const earlier = await train('later', { asOf: '2008-03-01', families: ['gbdt'] });
    expect(earlier.result).toMatchObject({ promoted: false, gate: { passed: false } });
    const { gate } = await catalog.version('later', String(earlier.result['version']));
    expect([gate?.bars, gate?.test]).toEqual([500, undefined]);
    expect((await catalog.production('later'))?.version).toBe('1.0.0');
  }, 60_000);

  it('registers but does not promote when Production changed between gate and promotion', async () => {
    await train('overtaken', { families: ['base_rate'] });
    // Another seed, so another artifact: one with the same bytes as the incumbent would do.
    await train('overtaken', { families: ['base_rate'], seed: 9 });
    const registrar = bench.app.get<VersionRegistrar>(VERSION_REGISTRAR);
    const context = await bench.claim({ kind: 'train', payload: { agent: 'overtaken', asOf: AS_OF } });
    context.onLog = async (message) => {
      if (!message.startsWith('gate passed')) return;
      await registrar.promote({ model: 'overtaken', version: '0.3.0', actor: 'desk', override: 'trial' });
    };
    expect(await bench.execute(context)).toMatchObject({ version: '1.0.0', promoted: false, gate: { passed: true } });
    expect((await catalog.production('overtaken'))?.version).toBe('0.3.0');
  }, 60_000);

  it('logs an opening of the sealed span, once, when it chooses on bars of it', async () => {
    const openings = (): Promise<{ job_id: string; number: number }[]> =>
      selectRows(bench.database.dataSource, `select job_id, number from sealed_openings where agent = 'opening'`, []);
    await train('opening');
    expect(await openings()).toEqual([]);
    const { jobId, context } = await train('opening', { asOf: '2008-06-01' });
    expect(await openings()).toEqual([{ job_id: jobId, number: 1 }]);
    expect(context.logs.join('\n')).toContain('opening 1 of the sealed span');
    const gates = (await Promise.all(['2', '3'].map((version) => catalog.version('opening', version)))).map(
      ({ gate }) => gate?.earlierGates,
    );
    expect(gates).toEqual([0, 1]);
  }, 60_000);

  it('finds its work done when it is delivered again after it registered', async () => {
    const context = await bench.claim({ kind: 'train', payload: { agent: 'resumed', asOf: AS_OF } });
    const result = await bench.execute(context);
    await requeue(context.job.id);
    const next = await bench.claimNext(context.job.id, 2);
    expect(await bench.execute(next)).toEqual(result);
    expect(await versions('resumed')).toEqual(['0.1.0', '1.0.0']);
    expect(await runs(context.job.id)).toHaveLength(2);
  });

  it('writes nothing once it has lost its lease, and its successor closes the runs it left open', async () => {
    const context = await bench.claim({ kind: 'train', payload: { agent: 'lost', asOf: AS_OF } });
    context.onProgress = async (_fraction, message) => {
      if (message.startsWith('logistic')) await requeue(context.job.id);
    };
    await expect(bench.execute(context)).rejects.toMatchObject({ code: 'JOB_LEASE_LOST' });
    expect(await versions('lost')).toEqual(['0.1.0']);
    const next = await bench.claimNext(context.job.id, 2);
    expect(await bench.execute(next)).toMatchObject({ version: '1.0.0' });
    const tracked = await runs(context.job.id);
    expect(tracked.map(({ family, state, error_code }) => [family, state, error_code])).toEqual([
      ['base_rate', 'succeeded', null],
      ['logistic', 'failed', 'ATTEMPT_LOST'],
      ['logistic', 'succeeded', null],
    ]);
    expect(await reader().ofJobOf(tracked[1]!.id)).toMatchObject([{ family: 'base_rate' }, { id: tracked[2]!.id }]);
  }, 60_000);

  it('ends with the reason when it is aborted, and the run is cancelled', async () => {
    const context = await bench.claim({ kind: 'train', payload: { agent: 'cancelled', asOf: AS_OF } });
    context.onProgress = async (_fraction, message) => {
      if (message.startsWith('logistic')) context.abort(jobCancelled(context.job.id));
    };
    await expect(bench.execute(context)).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
    const tracked = await runs(context.job.id);
    expect(tracked.map(({ family, state }) => [family, state])).toEqual([
      ['base_rate', 'succeeded'],
      ['logistic', 'cancelled'],
    ]);
    expect(await versions('cancelled')).toEqual(['0.1.0']);
  });

  it('counts every configuration that was scored', async () => {
    const before = await reader().configurationsTried('first');
    const { jobId } = await train('first', { families: ['logistic', 'gbdt'] });
    const tried: Run[] = await reader().ofJobOf((await runs(jobId))[0]!.id);
    const scored = tried.reduce((sum, { configurationsTried }) => sum + configurationsTried, 0);
    expect(scored).toBeGreaterThanOrEqual(2);
    expect(await reader().configurationsTried('first')).toBe(before + scored);
  }, 60_000);

  it('stores lineage and parity with the version', async () => {
    const version: ModelVersion = await catalog.version('first', '2');
    expect(version).toMatchObject({
      lineage: { asOf: '2008-03-19T00:00:00.000Z', parentVersion: '0.1.0' },
      parity: { passed: true },
    });
    expect(version.lineage.dataHash).toMatch(/^[0-9a-f]{64}$/);
    expect(version.parity.rows).toBeGreaterThanOrEqual(256);
  });

  const reader = (): RunReader => bench.app.get<RunReader>(RUN_READER);

  /** What the sweeper does with the job of a silent worker. */
  async function requeue(jobId: string): Promise<void> {
    await execute(
      bench.database.dataSource,
      `update job_run set state = 'queued', lease_epoch = lease_epoch + 1 where id = $1`,
      [jobId],
    );
  }
});
