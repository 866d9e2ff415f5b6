import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalArtifactStore } from '@tidemark/artifacts';
import { execute, selectOne } from '@tidemark/database';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { prune, type PruneReport } from './prune.js';

const NOW = new Date('2026-03-01T00:00:00Z');
const OLD = '2026-01-01T00:00:00Z';
const FRESH = '2026-02-20T00:00:00Z';
const LONG_AGO = new Date('2026-01-01T00:00:00Z');
const KEEP_ALL = { keepPredictionsDays: 0, keepJobLogsDays: 0, keepFitsDays: 0 };
const KEEP_30 = { keepPredictionsDays: 30, keepJobLogsDays: 30, keepFitsDays: 30 };

describe('prune', () => {
  let database: TestDatabase;
  let root: string;
  let artifacts: LocalArtifactStore;
  const sha: Record<'served' | 'gate' | 'reported' | 'cached' | 'reused' | 'decided' | 'nobody' | 'young', string> =
    {} as never;

  beforeAll(async () => {
    database = await createTestDatabase();
    root = mkdtempSync(join(tmpdir(), 'tidemark-prune-'));
    artifacts = new LocalArtifactStore(root);
    for (const name of ['served', 'gate', 'reported', 'cached', 'reused', 'decided', 'nobody', 'young'] as const) {
      sha[name] = await artifacts.put(Buffer.from(name));
      if (name !== 'young') age(join('sha256', sha[name].slice(0, 2), sha[name].slice(2)));
    }
    mkdirSync(join(root, 'incoming'), { recursive: true });
    for (const name of ['cut-short', 'under-way']) writeFileSync(join(root, 'incoming', name), '');
    age('incoming/cut-short');
    utimesSync(join(root, 'incoming', 'under-way'), NOW, NOW);
    utimesSync(join(root, 'sha256', sha.young.slice(0, 2), sha.young.slice(2)), NOW, NOW);
    await fill();
  });
  afterAll(async () => {
    await database.close();
    rmSync(root, { recursive: true, force: true });
  });

  const age = (path: string): void => utimesSync(join(root, path), LONG_AGO, LONG_AGO);

  async function fill(): Promise<void> {
    const { dataSource } = database;
    for (const mode of ['live', 'loop'])
      for (const at of [OLD, FRESH])
        await dataSource.query(
          `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, inputs_sha256,
             output_names, outputs, latency_us)
           values (gen_random_uuid(), $1, 'main', 'a', gen_random_uuid(), '1.0.0', 1, 1, $2, '', '{p}', '{0.5}', 1)`,
          [at, mode],
        );
    for (const [state, ended] of [
      ['succeeded', OLD],
      ['succeeded', FRESH],
      ['running', null],
    ]) {
      const [job] = await dataSource.query<[{ id: string }]>(
        `insert into job_run (id, kind, agent, payload, state, attempt, max_attempts, created_at, ended_at)
         values (gen_random_uuid(), 'train', 'a', '{}', $1, 1, 3, $2, $3) returning id`,
        [state, OLD, ended],
      );
      await dataSource.query(
        `insert into job_log (job_id, at, level, message) values ($1, $2, 'info', 'x'), ($1, $2, 'info', 'y')`,
        [job.id, OLD],
      );
    }
    for (const sent of [OLD, FRESH, null])
      await dataSource.query(
        `insert into notification_outbox (id, kind, agent, body, created_at, next_at, sent_at)
         values (gen_random_uuid(), 'alert', 'a', '{}', $1, $1, $2)`,
        [OLD, sent],
      );
    await dataSource.query(`insert into models values ('a', 'direction', now())`);
    for (const [minor, gate, report] of [
      [1, { standIn: { sha256: sha.gate } }, {}],
      [2, undefined, { modelSha256: sha.reported }],
    ] as const)
      await dataSource.query(
        `insert into model_versions (id, timeline_id, model, sequence, major, minor, patch, family, stage, artifact_sha256,
           signature, metrics, report, parity, gate, data_hash, as_of, code_version, created_at)
         values (gen_random_uuid(), 'main', 'a', $1, 0, $1, 0, 'base_rate', 'Archived', $2, '{}', '{}', $3, '{}', $4, '',
           now(), '', now())`,
        [minor, sha.served, JSON.stringify(report), gate && JSON.stringify(gate)],
      );
    for (const [key, model, used] of [
      ['unused', sha.cached, OLD],
      ['used', sha.reused, FRESH],
    ])
      await dataSource.query('insert into fit_cache values ($1, $2, $3, $4)', [
        key,
        JSON.stringify({ 'model.onnx': model }),
        OLD,
        used,
      ]);
    await dataSource.query(
      `insert into decisions (id, timeline_id, agent, kind, slot_at, as_of, action, reason, context, context_sha256,
         policy_hash, result, code_version, at)
       values (gen_random_uuid(), 'main', 'a', 'slot', $1, $1, 'none', '', $2, '', '', '{}', '', $1)`,
      [OLD, JSON.stringify({ serving: { artifactSha256: sha.decided } })],
    );
  }

  const run = (retention: typeof KEEP_ALL, isDryRun: boolean): Promise<PruneReport> =>
    prune({ dataSource: database.dataSource, artifacts, retention, now: NOW, isDryRun });
  const count = async (table: string): Promise<number> =>
    (await selectOne<{ n: number }>(database.dataSource, `select count(*)::int as n from ${table}`))!.n;
  const counts = () => Promise.all(['predictions', 'job_log', 'notification_outbox'].map(count));

  const FILES = { artifacts: 1, artifactBytes: 6, leftovers: 1 };
  /** A training runs, so fits are left alone. */
  const FOUND = { predictions: 1, jobLogLines: 2, notifications: 1, ...FILES, fits: 0, fitsHeldBack: true };
  const NOTHING: PruneReport = {
    predictions: 0,
    jobLogLines: 0,
    notifications: 0,
    artifacts: 0,
    artifactBytes: 0,
    leftovers: 0,
    fits: 0,
    fitsHeldBack: false,
  };

  it('counts what would go, and touches nothing', async () => {
    expect(await run(KEEP_30, true)).toEqual(FOUND);
    expect(await counts()).toEqual([4, 6, 3]);
    expect(await artifacts.has(sha.nobody)).toBe(true);
  });

  it('keeps every row by default', async () => {
    expect(await run(KEEP_ALL, true)).toEqual({ ...NOTHING, ...FILES });
  });

  it('deletes what is old: predictions for callers, never those of the loop, and files that nothing names', async () => {
    expect(await run(KEEP_30, false)).toEqual(FOUND);
    expect(await counts()).toEqual([3, 4, 2]);
    expect(
      (await selectOne<{ n: number }>(
        database.dataSource,
        `select count(*)::int as n from predictions where mode = 'loop'`,
      ))!.n,
    ).toBe(2);
    expect(await artifacts.has(sha.nobody)).toBe(false);
    for (const name of ['served', 'gate', 'reported', 'cached', 'reused', 'decided', 'young'] as const)
      expect([name, await artifacts.has(sha[name])]).toEqual([name, true]);
    expect(await run(KEEP_30, false)).toEqual({ ...NOTHING, fitsHeldBack: true });
  });

  it('deletes fits that nothing uses any more once no training runs, and their files the next time', async () => {
    await execute(
      database.dataSource,
      `update job_run set state = 'succeeded', ended_at = $1 where state = 'running'`,
      [FRESH],
    );
    expect(await run(KEEP_ALL, false)).toEqual(NOTHING);
    expect(await run(KEEP_30, true)).toEqual({ ...NOTHING, fits: 1 });
    expect(await run(KEEP_30, false)).toEqual({ ...NOTHING, fits: 1 });
    expect(await artifacts.has(sha.cached)).toBe(true);
    expect(await run(KEEP_30, false)).toEqual({ ...NOTHING, artifacts: 1, artifactBytes: 6 });
    expect([await artifacts.has(sha.cached), await artifacts.has(sha.reused)]).toEqual([false, true]);
    expect(await selectOne(database.dataSource, 'select key from fit_cache')).toEqual({ key: 'used' });
  });

  it('stops between two steps when it is told to, and says why', async () => {
    const signal = AbortSignal.abort(new Error('WORKER_STOPPING'));
    const parts = { dataSource: database.dataSource, artifacts, retention: KEEP_30, now: NOW, isDryRun: false };
    await expect(prune({ ...parts, signal })).rejects.toThrow('WORKER_STOPPING');
  });
});
