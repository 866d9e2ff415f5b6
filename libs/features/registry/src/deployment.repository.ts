import { Inject, Injectable } from '@nestjs/common';
import type { Deployment } from '@tidemark/contracts';
import { DATA_SOURCE, notify, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import type { DataSource, QueryRunner } from 'typeorm';
import type { ModelKey } from './model-version.repository.js';
import { PRODUCTION_CHANNEL } from './read/index.js';

interface DeploymentRow {
  model: string;
  generation: number;
  version_id: string;
  version: string;
  sequence: number;
  action: Deployment['action'];
  actor: string;
  reason: string | null;
  at: Date;
}

export interface DeploymentRecord extends Deployment {
  readonly versionId: string;
}

export interface NewDeployment {
  readonly versionId: string;
  readonly action: Deployment['action'];
  readonly actor: string;
  readonly reason?: string;
  readonly at: Date;
}

const SELECT = `select d.model, d.generation, d.version_id, v.major || '.' || v.minor || '.' || v.patch as version, v.sequence,
  d.action, d.actor, d.reason, d.at
  from model_deployments d join model_versions v on v.id = d.version_id`;

/** History of what was in Production: one row per generation. */
@Injectable()
export class DeploymentRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Newest first, from below `beforeGeneration`; one row more than `limit`. */
  async page(
    key: ModelKey,
    limit: number,
    beforeGeneration?: number,
    on: SqlExecutor = this.dataSource,
  ): Promise<DeploymentRecord[]> {
    const rows = await selectRows<DeploymentRow>(
      on,
      `${SELECT} where d.timeline_id = $1 and d.model = $2 and d.generation < coalesce($3, 2147483647)
       order by d.generation desc limit $4`,
      [key.timeline, key.model, beforeGeneration ?? null, limit + 1],
    );
    return rows.map(toRecord);
  }

  /** In order of generation. */
  async all(key: ModelKey): Promise<DeploymentRecord[]> {
    const sql = `${SELECT} where d.timeline_id = $1 and d.model = $2 order by d.generation`;
    return (await selectRows<DeploymentRow>(this.dataSource, sql, [key.timeline, key.model])).map(toRecord);
  }

  async current(key: ModelKey, on: SqlExecutor = this.dataSource): Promise<DeploymentRecord | undefined> {
    return (await this.page(key, 0, undefined, on))[0];
  }

  /** The newest deployment of another version than `versionId`: where a rollback goes. */
  async lastOther(
    key: ModelKey,
    versionId: string,
    on: SqlExecutor = this.dataSource,
  ): Promise<DeploymentRecord | undefined> {
    return this.one(on, 'd.version_id <> $3', [key.timeline, key.model, versionId]);
  }

  async lastOf(key: ModelKey, versionId: string, on: SqlExecutor): Promise<DeploymentRecord | undefined> {
    return this.one(on, 'd.version_id = $3', [key.timeline, key.model, versionId]);
  }

  /**
   * Adds the next generation, one above `above` too, and tells every process, on commit. The caller holds the model's lock.
   */
  async add(runner: QueryRunner, key: ModelKey, deployment: NewDeployment, above = 0): Promise<DeploymentRecord> {
    const { versionId, action, actor, reason, at } = deployment;
    const inserted = await selectOne<{ generation: number }>(
      runner,
      `insert into model_deployments (timeline_id, model, generation, version_id, action, actor, reason, at)
       select $1, $2, greatest(coalesce(max(generation), 0), $8::int) + 1, $3, $4, $5, $6, $7
       from model_deployments where timeline_id = $1 and model = $2
       returning generation`,
      [key.timeline, key.model, versionId, action, actor, reason ?? null, at, above],
    );
    const { generation } = inserted!;
    await notify(runner, PRODUCTION_CHANNEL, JSON.stringify({ ...key, generation }));
    const row = await selectOne<DeploymentRow>(
      runner,
      `${SELECT} where d.timeline_id = $1 and d.model = $2 and d.generation = $3`,
      [key.timeline, key.model, generation],
    );
    return toRecord(row!);
  }

  /** Newest generation of every model on a timeline. */
  async generations(timeline: string): Promise<Map<string, number>> {
    const rows = await selectRows<{ model: string; generation: number }>(
      this.dataSource,
      'select model, max(generation) as generation from model_deployments where timeline_id = $1 group by model',
      [timeline],
    );
    return new Map(rows.map((row) => [row.model, row.generation]));
  }

  private async one(on: SqlExecutor, condition: string, parameters: unknown[]): Promise<DeploymentRecord | undefined> {
    const row = await selectOne<DeploymentRow>(
      on,
      `${SELECT} where d.timeline_id = $1 and d.model = $2 and ${condition} order by d.generation desc limit 1`,
      parameters,
    );
    return row === undefined ? undefined : toRecord(row);
  }
}

function toRecord(row: DeploymentRow): DeploymentRecord {
  return {
    model: row.model,
    versionId: row.version_id,
    version: row.version,
    sequence: row.sequence,
    generation: row.generation,
    action: row.action,
    actor: row.actor,
    reason: row.reason ?? undefined,
    at: row.at.toISOString(),
  };
}

export function toDeployment({ versionId: _, ...deployment }: DeploymentRecord): Deployment {
  return deployment;
}
