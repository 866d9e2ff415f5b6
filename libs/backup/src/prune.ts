import type { LocalArtifactStore, StoredFile } from '@tidemark/artifacts';
import { selectOne, selectRows } from '@tidemark/database';
import type { DataSource } from 'typeorm';

const DAY_MS = 86_400_000;
/** Rows a statement deletes: short transactions, so that nobody is held up. */
const BATCH = 10_000;
/** Files younger than this may be about to be named by what is being registered. */
const GRACE_MS = DAY_MS;

/** What is kept, days; 0 keeps all. */
export interface Retention {
  readonly keepPredictionsDays: number;
  readonly keepJobLogsDays: number;
  readonly keepFitsDays: number;
}

export interface PruneParts {
  readonly dataSource: DataSource;
  readonly artifacts: LocalArtifactStore;
  readonly retention: Retention;
  readonly now: Date;
  /** Counts, and deletes nothing. */
  readonly isDryRun: boolean;
  /** Once aborted, it stops between two batches and throws the reason. */
  readonly signal?: AbortSignal;
}

export interface PruneReport {
  readonly predictions: number;
  readonly jobLogLines: number;
  readonly notifications: number;
  readonly artifacts: number;
  readonly artifactBytes: number;
  readonly leftovers: number;
  /** Rows of the cache of fits. */
  readonly fits: number;
  /** True where fits were left to a later run, because a training or a replay was under way. */
  readonly fitsHeldBack: boolean;
}

/** Rows that may go: `$1` is the instant before which they are old. */
interface Old {
  readonly table: string;
  readonly where: string;
}

/**
 * Predictions for callers only. What the loop predicted is the memory of its monitors, the evidence behind its decisions
 * and what the result table and the reconciliation are made from: it stays, as do the outcomes.
 */
const PREDICTIONS: Old = { table: 'predictions', where: `mode = 'live' and at < $1` };
const JOB_LOGS: Old = {
  table: 'job_log',
  where: `job_id in (select id from job_run where state in ('succeeded', 'failed', 'cancelled') and ended_at < $1)`,
};
const NOTIFICATIONS: Old = { table: 'notification_outbox', where: 'sent_at < $1' };
const FITS: Old = { table: 'fit_cache', where: 'used_at < $1' };

/** Work that may be about to ask for a fit that was made long ago. */
const FITTING = `
select exists (select 1 from job_run where kind in ('train', 'replay', 'study') and state in ('queued', 'running')) as fitting`;

/** Wherever an artifact is named (`concat`: a baseline has no gate): by a version, a run, the evidence of a gate or of a decision, or the cache of fits. */
const NAMED = `
select artifact_sha256 as sha256 from model_versions
union select artifact_sha256 from model_runs where artifact_sha256 is not null
union select artifact_sha256 from version_latches
union select m[1] from model_versions, regexp_matches(concat(gate, report), '[0-9a-f]{64}', 'g') m
union select m[1] from fit_cache, regexp_matches(files::text, '[0-9a-f]{64}', 'g') m
union select m[1] from decisions, regexp_matches(concat(context, result), '[0-9a-f]{64}', 'g') m`;

/**
 * Deletes what its settings do not keep, and files that nothing names. Safe while everything runs, and when it is done
 * twice. Fits come last: the files of those that go here have nothing that names them from now on, and go the next time.
 */
export async function prune(parts: PruneParts): Promise<PruneReport> {
  const { retention, artifacts, now, isDryRun, signal } = parts;
  const { keepPredictionsDays, keepJobLogsDays } = retention;
  const rows = {
    predictions: await pruneRows(parts, PREDICTIONS, keepPredictionsDays),
    jobLogLines: await pruneRows(parts, JOB_LOGS, keepJobLogsDays),
    notifications: await pruneRows(parts, NOTIFICATIONS, keepJobLogsDays),
  };
  const before = new Date(now.getTime() - GRACE_MS);
  const old = await collect(artifacts.putBefore(before));
  const unnamed = await withoutNamed(parts.dataSource, old);
  const leftovers = await collect(artifacts.leftovers(before));
  if (!isDryRun) {
    for (const { name } of unnamed) {
      signal?.throwIfAborted();
      await artifacts.remove(name, before);
    }
    for (const { name } of leftovers) await artifacts.removeLeftover(name);
  }
  const artifactBytes = unnamed.reduce((sum, { bytes }) => sum + bytes, 0);
  const fits = await pruneFits(parts);
  return { ...rows, artifacts: unnamed.length, artifactBytes, leftovers: leftovers.length, ...fits };
}

/**
 * A replay that shares fits with one before it would have to make them again. One that starts between the look and the
 * deletion loses nothing but time: a fit it has asked for counts as used now, and one that is gone is made again.
 */
async function pruneFits(parts: PruneParts): Promise<Pick<PruneReport, 'fits' | 'fitsHeldBack'>> {
  const { keepFitsDays } = parts.retention;
  if (keepFitsDays === 0) return { fits: 0, fitsHeldBack: false };
  const { fitting } = (await selectOne<{ fitting: boolean }>(parts.dataSource, FITTING))!;
  return { fits: fitting ? 0 : await pruneRows(parts, FITS, keepFitsDays), fitsHeldBack: fitting };
}

async function pruneRows(
  { dataSource, now, isDryRun, signal }: PruneParts,
  { table, where }: Old,
  days: number,
): Promise<number> {
  if (days === 0) return 0;
  const before = new Date(now.getTime() - days * DAY_MS);
  const sql = isDryRun
    ? `select count(*)::int as rows from ${table} where ${where}`
    : `with old as (select ctid from ${table} where ${where} limit ${BATCH}),
         gone as (delete from ${table} where ctid in (select ctid from old) returning 1)
       select count(*)::int as rows from gone`;
  let total = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { rows } = (await selectOne<{ rows: number }>(dataSource, sql, [before]))!;
    total += rows;
    if (isDryRun || rows < BATCH) return total;
  }
}

async function withoutNamed(dataSource: DataSource, files: readonly StoredFile[]): Promise<StoredFile[]> {
  if (files.length === 0) return [];
  const named = await selectRows<{ sha256: string }>(dataSource, NAMED);
  const names = new Set(named.map(({ sha256 }) => sha256));
  return files.filter(({ name }) => !names.has(name));
}

async function collect(files: AsyncIterable<StoredFile>): Promise<StoredFile[]> {
  const found: StoredFile[] = [];
  for await (const file of files) found.push(file);
  return found;
}
