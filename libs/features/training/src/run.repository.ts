import { Inject, Injectable } from '@nestjs/common';
import type { Family, JobState, Run, TrainerReport } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import { currentTimeline, notFound } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import type { RunReader } from './read/index.js';

interface RunRow {
  id: string;
  job_id: string;
  timeline_id: string;
  agent: string;
  family: Family;
  state: JobState;
  seed: string;
  params: Record<string, unknown>;
  metrics: Record<string, number>;
  configurations_tried: number;
  data_hash: string;
  as_of: Date;
  artifact_sha256: string | null;
  error_code: string | null;
  error_message: string | null;
  started_at: Date;
  ended_at: Date | null;
}

export interface NewRun {
  readonly id: string;
  readonly jobId: string;
  readonly agent: string;
  readonly family: Family;
  readonly seed: number;
  readonly dataHash: string;
  readonly asOf: Date;
  readonly startedAt: Date;
}

export interface RunPageQuery {
  readonly agent?: string;
  readonly jobId?: string;
  readonly before?: readonly [Date, string];
  readonly limit: number;
}

const SELECT = `select id, job_id, timeline_id, agent, family, state, seed, params, metrics, configurations_tried, data_hash,
  as_of, artifact_sha256, error_code, error_message, started_at, ended_at from model_runs`;

/** Rows of `model_runs`: one tracked fit each. Writers pass the runner in which they hold the job's fence. */
@Injectable()
export class RunRepository implements RunReader {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async start(on: SqlExecutor, run: NewRun): Promise<void> {
    await execute(
      on,
      `insert into model_runs (id, job_id, timeline_id, agent, family, state, seed, params, data_hash, as_of, started_at)
       values ($1, $2, $3, $4, $5, 'running', $6, '{}', $7, $8, $9)`,
      [run.id, run.jobId, currentTimeline(), run.agent, run.family, run.seed, run.dataHash, run.asOf, run.startedAt],
    );
  }

  async succeed(on: SqlExecutor, id: string, report: TrainerReport, artifactSha256: string, at: Date): Promise<void> {
    await execute(
      on,
      `update model_runs set state = 'succeeded', params = $2, metrics = $3, configurations_tried = $4, report = $5,
         artifact_sha256 = $6, ended_at = $7 where id = $1`,
      [
        id,
        JSON.stringify(report.params),
        JSON.stringify(report.metrics),
        report.configurationsTried,
        JSON.stringify(report),
        artifactSha256,
        at,
      ],
    );
  }

  async fail(
    on: SqlExecutor,
    id: string,
    state: 'failed' | 'cancelled',
    code: string,
    message: string,
    at: Date,
  ): Promise<void> {
    await execute(
      on,
      `update model_runs set state = $2, error_code = $3, error_message = $4, ended_at = $5 where id = $1`,
      [id, state, code, message, at],
    );
  }

  /** Closes the runs of a job that nobody works on any more. */
  async closeLost(on: SqlExecutor, jobId: string, at: Date): Promise<void> {
    await execute(
      on,
      `update model_runs set state = 'failed', error_code = 'ATTEMPT_LOST',
         error_message = 'the attempt ended without a word', ended_at = $2
       where job_id = $1 and state = 'running'`,
      [jobId, at],
    );
  }

  async get(id: string): Promise<Run> {
    const row = await selectOne<RunRow>(this.dataSource, `${SELECT} where id = $1`, [id]);
    if (row === undefined) throw notFound('RUN_UNKNOWN', `There is no run ${id}. GET /api/v1/runs lists them.`, { id });
    return toRun(row);
  }

  async ofJobOf(runId: string): Promise<Run[]> {
    const rows = await selectRows<RunRow>(
      this.dataSource,
      `select * from (
         select distinct on (family) * from (${SELECT}) as runs
         where job_id = (select job_id from model_runs where id = $1) and state = 'succeeded'
         order by family, metrics ? 'choice.loss' desc, started_at desc, id desc
       ) as newest order by started_at, id`,
      [runId],
    );
    return rows.map(toRun);
  }

  /** Newest first; one row more than `limit`. */
  async page(query: RunPageQuery): Promise<Run[]> {
    const rows = await selectRows<RunRow>(
      this.dataSource,
      `${SELECT} where ($1::text is null or agent = $1) and ($2::uuid is null or job_id = $2)
         and ($3::timestamptz is null or (started_at, id) < ($3, $4::uuid)) order by started_at desc, id desc limit $5`,
      [query.agent ?? null, query.jobId ?? null, query.before?.[0] ?? null, query.before?.[1] ?? null, query.limit + 1],
    );
    return rows.map(toRun);
  }

  async configurationsTried(agent: string, timelines: readonly string[] = [currentTimeline()]): Promise<number> {
    const row = await selectOne<{ tried: number }>(
      this.dataSource,
      `select coalesce(sum(configurations_tried), 0)::int as tried from model_runs
       where agent = $1 and timeline_id = any($2::text[])`,
      [agent, timelines],
    );
    return row!.tried;
  }
}

function toRun(row: RunRow): Run {
  return {
    id: row.id,
    jobId: row.job_id,
    timeline: row.timeline_id,
    agent: row.agent,
    family: row.family,
    state: row.state,
    seed: Number(row.seed),
    params: row.params,
    metrics: row.metrics,
    configurationsTried: row.configurations_tried,
    dataHash: row.data_hash,
    asOf: row.as_of.toISOString(),
    artifactSha256: row.artifact_sha256 ?? undefined,
    error: row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? '' },
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString(),
  };
}
