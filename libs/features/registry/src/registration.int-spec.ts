import { truncate, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execute, selectRows } from '@tidemark/database';
import { operationalError } from '@tidemark/kernel';
import type { TestFit } from '@tidemark/testing';
import { RegistryFixture } from './testing/registry-fixture.js';
import { changeReport, copyFit, firstDoubleOf, offsetOf, tamperModel } from './testing/tampered-fit.js';

const JOB = '00000000-0000-7000-8000-000000000001';

describe('RegistrationService', () => {
  let registry: RegistryFixture;
  let copies = 0;

  beforeAll(async () => {
    registry = await RegistryFixture.start(['base_rate', 'logistic', 'gbdt'], { poolSize: 12 });
  });
  beforeEach(() => registry.empty());
  afterAll(() => registry.close());

  const copyOf = (family: 'logistic' | 'gbdt'): Promise<TestFit> =>
    copyFit(registry.fit(family), join(registry.folder, `copy-${(copies += 1)}`));
  const registered = async (): Promise<number> =>
    (await selectRows(registry.database.dataSource, 'select id from model_versions')).length;
  const refused = async ({ outputDir }: TestFit, code: string): Promise<void> => {
    await expect(registry.register('logistic', { outputDir })).rejects.toMatchObject({ code });
    expect(await registered()).toBe(0);
  };

  it('registers a fit with its number, parity, evidence and lineage', async () => {
    const version = await registry.register('base_rate');
    expect(version).toMatchObject({
      model: 'test_agent',
      timeline: 'main',
      sequence: 1,
      version: '0.1.0',
      family: 'base_rate',
      stage: 'None',
      artifactSha256: registry.fit('base_rate').report.modelSha256,
      parity: { passed: true, tolerance: 1e-12, rows: registry.fit('base_rate').report.parity.rows },
      lineage: { dataHash: 'd'.repeat(64), asOf: '2019-01-01T00:00:00.000Z', codeVersion: '0.0.0' },
    });
    expect(version.parity.maxRelativeDifference).toBeLessThanOrEqual(1e-12);
    const next = await registry.register('logistic');
    expect(next).toMatchObject({ sequence: 2, version: '1.0.0', lineage: { parentVersion: '0.1.0' } });
    expect((await registry.register('logistic')).version).toBe('1.1.0');
    expect((await registry.register('logistic', { bump: 'patch' })).version).toBe('1.1.1');
    expect((await registry.register('gbdt')).version).toBe('2.0.0');
    await expect(registry.register('logistic', { bump: 'patch' })).rejects.toMatchObject({
      code: 'PATCH_CHANGES_RECIPE',
    });
  });

  it('refuses a model with one weight changed by one part in a million', async () => {
    const fit = await copyOf('logistic');
    const { diagnostics } = fit.report as unknown as { diagnostics: { coefficients: { perDeviation: number }[] } };
    await tamperModel(fit, (model) => {
      const weight = diagnostics.coefficients[0]!.perDeviation;
      model.writeDoubleLE(weight * (1 + 1e-6), offsetOf(model, weight));
    });
    await refused(fit, 'PARITY_FAILED');
  });

  it('refuses a model with one threshold changed', async () => {
    const fit = await copyOf('gbdt');
    await tamperModel(fit, (model) => {
      const offset = firstDoubleOf(model, 'nodes_splits');
      const threshold = model.readDoubleLE(offset);
      expect(Math.abs(threshold)).toBeLessThan(100);
      model.writeDoubleLE(threshold + 0.5 * Math.abs(threshold), offset);
    });
    await refused(fit, 'PARITY_FAILED');
  });

  it('refuses a model that is not the one the report names', async () => {
    const fit = await copyOf('logistic');
    await changeReport(fit, { modelSha256: 'a'.repeat(64) });
    await refused(fit, 'MODEL_DIGEST_MISMATCH');
  });

  it('refuses parity rows that are cut off or missing', async () => {
    for (const file of ['parity-inputs.f64', 'parity-outputs.f64']) {
      const cut = await copyOf('logistic');
      await truncate(join(cut.outputDir, file), 800);
      await refused(cut, 'PARITY_ROWS_INVALID');
      await rm(join(cut.outputDir, file));
      await refused(cut, 'PARITY_ROWS_INVALID');
    }
  });

  it('refuses rows of another width, and fewer than 256', async () => {
    const fit = await copyOf('logistic');
    const { parity } = fit.report;
    await changeReport(fit, { parity: { ...parity, inputWidth: 6, rows: parity.rows * 2 } });
    await refused(fit, 'PARITY_ROWS_INVALID');
    await changeReport(fit, { parity: { ...parity, rows: 10 } });
    await refused(fit, 'TRAINER_REPORT_INVALID');
  });

  it('refuses a report whose signature is not the model’s own', async () => {
    const fit = await copyOf('logistic');
    const inputs = [...fit.report.signature.inputs].reverse();
    await changeReport(fit, { signature: { ...fit.report.signature, inputs } });
    await refused(fit, 'SIGNATURE_MISMATCH');
  });

  it('refuses a report that is missing or is not JSON', async () => {
    const fit = await copyOf('logistic');
    await writeFile(join(fit.outputDir, 'report.json'), '{"contractVersion":');
    await refused(fit, 'TRAINER_REPORT_INVALID');
    await rm(join(fit.outputDir, 'report.json'));
    await refused(fit, 'TRAINER_REPORT_INVALID');
  });

  it('refuses a name that stands for another task', async () => {
    const { dataSource } = registry.database;
    await execute(dataSource, `insert into models values ('test_agent', 'volatility', now())`);
    await refused(registry.fit('logistic'), 'MODEL_TASK_DIFFERS');
  });

  it('registers the same job once, however often and at once', async () => {
    await execute(
      registry.database.dataSource,
      `insert into job_run (id, kind, agent, payload, state, max_attempts, created_at)
       values ($1, 'train', 'test_agent', '{}', 'running', 3, now())`,
      [JOB],
    );
    const all = await Promise.all(Array.from({ length: 6 }, () => registry.register('logistic', { jobId: JOB })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await registered()).toBe(1);
    expect(await registry.catalog.versionOfJob(JOB)).toEqual(all[0]);
  });

  it('numbers concurrent registrations without a gap or a double', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => registry.register('logistic')));
    expect(all.map(({ sequence }) => sequence).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(all.map(({ version }) => version)).size).toBe(8);
  });

  it('writes nothing when the caller has lost the right to', async () => {
    const fence = async (): Promise<void> => {
      throw operationalError('JOB_LEASE_LOST', 'another worker has the job');
    };
    await expect(registry.register('logistic', { fence })).rejects.toMatchObject({ code: 'JOB_LEASE_LOST' });
    expect(await registered()).toBe(0);
  });

  it('keeps timelines apart', async () => {
    await execute(
      registry.database.dataSource,
      `insert into timelines values ('replay', now()) on conflict do nothing`,
    );
    await registry.register('base_rate');
    expect(await registry.register('base_rate', { timeline: 'replay' })).toMatchObject({
      version: '0.1.0',
      sequence: 1,
    });
  });

  it('finds versions by number and by name, and pages them newest first', async () => {
    for (let count = 0; count < 5; count += 1) await registry.register('logistic');
    expect((await registry.catalog.version('test_agent', '2')).version).toBe('0.2.0');
    expect((await registry.catalog.version('test_agent', '0.3.0')).sequence).toBe(3);
    for (const ref of ['99', '999999999', '9.9.9']) {
      await expect(registry.catalog.version('test_agent', ref)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    }
    const key = { timeline: 'main', model: 'test_agent' };
    expect((await registry.versions.page(key, 2)).map(({ sequence }) => sequence)).toEqual([5, 4, 3]);
    expect((await registry.versions.page(key, 10, 4)).map(({ sequence }) => sequence)).toEqual([3, 2, 1]);
    expect((await registry.catalog.newest('test_agent'))?.sequence).toBe(5);
    expect((await registry.catalog.firstVersion('test_agent'))?.sequence).toBe(1);
    expect(await registry.catalog.production('test_agent')).toBeUndefined();
  });
});
