import { Inject, Injectable } from '@nestjs/common';
import type { Model, Task } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import { conflict, notFound } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import type { ModelKey } from './model-version.repository.js';

interface ModelRow {
  name: string;
  task: Task;
  versions: number;
  version: string | null;
  sequence: number | null;
  generation: number | null;
}

const SELECT = `select m.name, m.task, count(v.id)::int as versions,
  max(v.major || '.' || v.minor || '.' || v.patch) filter (where v.stage = 'Production') as version,
  max(v.sequence) filter (where v.stage = 'Production') as sequence,
  (select max(d.generation) from model_deployments d where d.timeline_id = $1 and d.model = m.name) as generation
  from models m left join model_versions v on v.model = m.name and v.timeline_id = $1`;

/** Registered names. */
@Injectable()
export class ModelRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** One page by name; one row more than `limit`. Doubles of agents on simulated markets are not listed. */
  async page(timeline: string, limit: number, afterName = ''): Promise<Model[]> {
    const rows = await selectRows<ModelRow>(
      this.dataSource,
      `${SELECT} where m.name > $2 and strpos(m.name, '__sim_') = 0 group by m.name order by m.name limit $3`,
      [timeline, afterName, limit + 1],
    );
    return rows.map(toModel);
  }

  async get(key: ModelKey): Promise<Model> {
    const row = await selectOne<ModelRow>(this.dataSource, `${SELECT} where m.name = $2 group by m.name`, [
      key.timeline,
      key.model,
    ]);
    if (row === undefined) throw modelNotFound(key.model);
    return toModel(row);
  }

  /** Makes the name known. @throws MODEL_TASK_DIFFERS when it stands for another task already */
  async ensure(runner: QueryRunner, name: string, task: Task, at: Date): Promise<void> {
    const sql = 'insert into models (name, task, created_at) values ($1, $2, $3) on conflict (name) do nothing';
    await execute(runner, sql, [name, task, at]);
    const row = await selectOne<{ task: Task }>(runner, 'select task from models where name = $1', [name]);
    if (row === undefined || row.task === task) return;
    const message = `${name} is a ${row.task} model, this is a ${task} model: give it another name.`;
    throw conflict('MODEL_TASK_DIFFERS', message, { model: name, task: row.task });
  }

  async names(on: SqlExecutor): Promise<string[]> {
    return (await selectRows<{ name: string }>(on, 'select name from models order by name')).map((row) => row.name);
  }

  /** One writer at a time per model and timeline: sequence numbers, stages and generations follow one another. */
  async lock(runner: QueryRunner, key: ModelKey): Promise<void> {
    const row = await selectOne(runner, 'select name from models where name = $1', [key.model]);
    if (row === undefined) throw modelNotFound(key.model);
    await execute(runner, `select pg_advisory_xact_lock(hashtextextended('model:' || $1 || ':' || $2, 0))`, [
      key.timeline,
      key.model,
    ]);
  }
}

function modelNotFound(name: string): Error {
  return notFound('MODEL_UNKNOWN', `There is no model ${name}. GET /api/v1/models lists them.`, { model: name });
}

function toModel(row: ModelRow): Model {
  const { name, task, versions, version, sequence, generation } = row;
  if (version === null || sequence === null || generation === null) return { name, task, versions };
  return { name, task, versions, production: { version, sequence, generation } };
}
