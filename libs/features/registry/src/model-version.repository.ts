import { Inject, Injectable } from '@nestjs/common';
import type { GateEvidence, ModelVersion, ParityReport, Signature, Stage } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import type { DataSource, QueryRunner } from 'typeorm';
import { formatVersion, type VersionNumber } from './version-number.js';

export interface VersionRow extends VersionNumber {
  id: string;
  timeline_id: string;
  model: string;
  sequence: number;
  family: string;
  stage: Stage;
  artifact_sha256: string;
  signature: Signature;
  metrics: Record<string, number>;
  parity: ParityReport;
  gate: GateEvidence | null;
  run_id: string | null;
  job_id: string | null;
  data_hash: string;
  as_of: Date;
  code_version: string;
  parent_sequence: number | null;
  parent_version: string | null;
  override_reason: string | null;
  override_actor: string | null;
  override_at: Date | null;
  created_at: Date;
}

export type NewVersionRow = Omit<
  VersionRow,
  'parent_version' | 'override_reason' | 'override_actor' | 'override_at'
> & {
  report: unknown;
};

/** Where a version is looked for: one model on one timeline. */
export interface ModelKey {
  readonly timeline: string;
  readonly model: string;
}

const COLUMNS = `v.id, v.timeline_id, v.model, v.sequence, v.major, v.minor, v.patch, v.family, v.stage,
  v.artifact_sha256, v.signature, v.metrics, v.parity, v.gate, v.run_id, v.job_id, v.data_hash, v.as_of, v.code_version,
  v.parent_sequence, v.override_reason, v.override_actor, v.override_at, v.created_at,
  p.major || '.' || p.minor || '.' || p.patch as parent_version`;
const FROM = `from model_versions v left join model_versions p
    on p.timeline_id = v.timeline_id and p.model = v.model and p.sequence = v.parent_sequence`;
const SELECT = `select ${COLUMNS} ${FROM}`;

/** Rows of `model_versions`. Methods take the runner of the caller's transaction where there is one. */
@Injectable()
export class ModelVersionRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Version by sequence number (`3`) or semantic version (`1.2.0`). */
  async find(key: ModelKey, ref: string, on: SqlExecutor = this.dataSource): Promise<VersionRow | undefined> {
    const numbers = ref.split('.').map(Number);
    const where = numbers.length === 1 ? 'v.sequence = $3' : 'v.major = $3 and v.minor = $4 and v.patch = $5';
    return this.first(on, `where v.timeline_id = $1 and v.model = $2 and ${where}`, [
      key.timeline,
      key.model,
      ...numbers,
    ]);
  }

  async production(key: ModelKey, on: SqlExecutor = this.dataSource): Promise<VersionRow | undefined> {
    return this.first(on, `where v.timeline_id = $1 and v.model = $2 and v.stage = 'Production'`, [
      key.timeline,
      key.model,
    ]);
  }

  /** The version of the newest deployment, with its generation. */
  async serving({ timeline, model }: ModelKey): Promise<(VersionRow & { generation: number }) | undefined> {
    return selectOne<VersionRow & { generation: number }>(
      this.dataSource,
      `select ${COLUMNS}, d.generation ${FROM} join model_deployments d on d.version_id = v.id
       where d.timeline_id = $1 and d.model = $2 order by d.generation desc limit 1`,
      [timeline, model],
    );
  }

  /** What each model of a timeline has in Production. */
  async inProduction(timeline: string, on: SqlExecutor): Promise<VersionRow[]> {
    return selectRows<VersionRow>(
      on,
      `${SELECT} where v.timeline_id = $1 and v.stage = 'Production' order by v.model`,
      [timeline],
    );
  }

  async newest(key: ModelKey, on: SqlExecutor = this.dataSource): Promise<VersionRow | undefined> {
    return this.first(on, 'where v.timeline_id = $1 and v.model = $2 order by v.sequence desc limit 1', [
      key.timeline,
      key.model,
    ]);
  }

  async byJob(jobId: string, on: SqlExecutor = this.dataSource): Promise<VersionRow | undefined> {
    return this.first(on, 'where v.job_id = $1', [jobId]);
  }

  async byId(id: string, on: SqlExecutor = this.dataSource): Promise<VersionRow | undefined> {
    return this.first(on, 'where v.id = $1', [id]);
  }

  /** Whether any model of a timeline has a version. */
  async exist(timeline: string): Promise<boolean> {
    const sql = 'select 1 from model_versions where timeline_id = $1 limit 1';
    return (await selectOne(this.dataSource, sql, [timeline])) !== undefined;
  }

  /** Versions whose gate compared bars of [from, to), event times. */
  async countGates(key: ModelKey, from: Date, to: Date): Promise<number> {
    const row = await selectOne<{ gates: number }>(
      this.dataSource,
      `select count(*)::int as gates from model_versions where timeline_id = $1 and model = $2
         and (gate->>'from')::timestamptz < $4 and (gate->>'to')::timestamptz > $3`,
      [key.timeline, key.model, from, to],
    );
    return row?.gates ?? 0;
  }

  /** Newest first, from before `beforeSequence`; one row more than `limit`. */
  async page(key: ModelKey, limit: number, beforeSequence?: number): Promise<VersionRow[]> {
    return selectRows<VersionRow>(
      this.dataSource,
      `${SELECT} where v.timeline_id = $1 and v.model = $2 and v.sequence < coalesce($3, 2147483647) order by v.sequence desc limit $4`,
      [key.timeline, key.model, beforeSequence ?? null, limit + 1],
    );
  }

  async insert(runner: QueryRunner, row: NewVersionRow): Promise<void> {
    const entries = Object.entries(row).map(
      ([column, value]) => [column, isJson(column) ? JSON.stringify(value) : value] as const,
    );
    const columns = entries.map(([column]) => column).join(', ');
    const slots = entries.map((_, index) => `$${index + 1}`).join(', ');
    await execute(
      runner,
      `insert into model_versions (${columns}) values (${slots})`,
      entries.map(([, value]) => value),
    );
  }

  async setStage(runner: QueryRunner, id: string, stage: Stage): Promise<void> {
    await execute(runner, 'update model_versions set stage = $2 where id = $1', [id, stage]);
  }

  async setOverride(runner: QueryRunner, id: string, reason: string, actor: string, at: Date): Promise<void> {
    await execute(
      runner,
      'update model_versions set override_reason = $2, override_actor = $3, override_at = $4 where id = $1',
      [id, reason, actor, at],
    );
  }

  private async first(on: SqlExecutor, where: string, parameters: unknown[]): Promise<VersionRow | undefined> {
    return selectOne<VersionRow>(on, `${SELECT} ${where}`, parameters);
  }
}

const JSON_COLUMNS = new Set(['signature', 'metrics', 'report', 'parity', 'gate']);

function isJson(column: string): boolean {
  return JSON_COLUMNS.has(column);
}

export function toModelVersion(row: VersionRow): ModelVersion {
  return {
    id: row.id,
    model: row.model,
    timeline: row.timeline_id,
    sequence: row.sequence,
    version: formatVersion(row),
    family: row.family as ModelVersion['family'],
    stage: row.stage,
    artifactSha256: row.artifact_sha256,
    signature: row.signature,
    metrics: row.metrics,
    parity: row.parity,
    gate: row.gate ?? undefined,
    lineage: {
      runId: row.run_id ?? undefined,
      dataHash: row.data_hash,
      asOf: row.as_of.toISOString(),
      codeVersion: row.code_version,
      parentVersion: row.parent_version ?? undefined,
    },
    override: toOverride(row),
    createdAt: row.created_at.toISOString(),
  };
}

function toOverride(row: VersionRow): ModelVersion['override'] {
  if (row.override_reason === null || row.override_at === null) return undefined;
  return { reason: row.override_reason, actor: row.override_actor ?? '', at: row.override_at.toISOString() };
}
