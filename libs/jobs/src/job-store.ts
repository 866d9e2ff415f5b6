import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { Job, JobKind, JobLogLine, JobState } from '@tidemark/contracts';
import { DATA_SOURCE, execute, inTransaction, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import { CLOCK, decodeCursor, outerClock, toPage, uuidV7, type Clock, type Page } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { enqueue } from './enqueue.js';
import { cancelOpen } from './job-cancel.js';
import { JOB_COLUMNS, toJob, type JobRow } from './job-row.js';
import { jobEnded, jobNotFound, jobNotRetryable } from './jobs.errors.js';
import type { NewJob } from './new-job.js';

export interface JobsQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly state?: JobState;
  readonly kind?: JobKind;
  readonly agent?: string;
}

export interface LogsQuery {
  readonly limit: number;
  readonly cursor?: string;
}

interface LogRow {
  readonly line: string;
  readonly at: Date;
  readonly level: string;
  readonly message: string;
}

/** Anything else cannot name a job, and Postgres would refuse to compare it with one. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The jobs as their owners see them: created, listed, cancelled, retried. `job_run` is the truth about each. */
@Injectable()
export class JobStore {
  /** Jobs belong to the machine, not to the world of whoever asks for them. */
  private readonly clock: Clock;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) clock: Clock,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'jobs'>,
  ) {
    this.clock = outerClock(clock);
  }

  /** Creates the job and its wake-up in the caller's transaction: it starts only if that commits. */
  async create(runner: QueryRunner, job: NewJob): Promise<Job> {
    const rows = await selectRows<JobRow>(
      runner,
      `insert into job_run (id, kind, agent, batch, payload, follow_up, state, max_attempts, created_at)
       values ($1, $2, $3, $4, $5, $6, 'queued', $7, $8) on conflict (id) do nothing returning ${JOB_COLUMNS}`,
      [
        job.id ?? uuidV7(this.clock),
        job.kind,
        job.agent,
        job.batch ?? null,
        JSON.stringify(job.payload),
        JSON.stringify(job.followUp ?? []),
        job.maxAttempts ?? this.config.jobs.maxAttempts,
        this.clock.now(),
      ],
    );
    if (rows[0] === undefined) return this.existing(runner, job.id!);
    const created = toJob(rows[0]);
    await enqueue(runner, created.id, 1);
    return created;
  }

  private async existing(runner: QueryRunner, id: string): Promise<Job> {
    const row = await selectOne<JobRow>(runner, `select ${JOB_COLUMNS} from job_run where id = $1`, [id]);
    return toJob(row!);
  }

  /** {@link create} in a transaction of its own. */
  async start(job: NewJob): Promise<Job> {
    return inTransaction(this.dataSource, (runner) => this.create(runner, job));
  }

  async find(id: string): Promise<Job | undefined> {
    if (!UUID.test(id)) return undefined;
    const row = await selectOne<JobRow>(this.dataSource, `select ${JOB_COLUMNS} from job_run where id = $1`, [id]);
    return row === undefined ? undefined : toJob(row);
  }

  /** {@link find} that throws JOB_NOT_FOUND. */
  async get(id: string): Promise<Job> {
    const job = await this.find(id);
    if (job === undefined) throw jobNotFound(id);
    return job;
  }

  /** Newest first. */
  async list(query: JobsQuery): Promise<Page<Job>> {
    const [createdAt, id] = query.cursor === undefined ? [null, null] : decodeCursor(query.cursor, ['instant', 'uuid']);
    const rows = await selectRows<JobRow>(
      this.dataSource,
      `select ${JOB_COLUMNS} from job_run
       where ($1::text is null or state = $1) and ($2::text is null or kind = $2) and ($3::text is null or agent = $3)
         and ($4::timestamptz is null or (created_at, id) < ($4::timestamptz, $5::uuid))
       order by created_at desc, id desc limit $6`,
      [query.state ?? null, query.kind ?? null, query.agent ?? null, createdAt, id, query.limit + 1],
    );
    return toPage(rows.map(toJob), query.limit, (job) => [job.createdAt, job.id]);
  }

  /** The jobs of a batch, oldest first. */
  async inBatch(batch: string, on: SqlExecutor = this.dataSource): Promise<Job[]> {
    const rows = await selectRows<JobRow>(
      on,
      `select ${JOB_COLUMNS} from job_run where batch = $1 order by created_at, id`,
      [batch],
    );
    return rows.map(toJob);
  }

  /** Name of the newest batch called `name` or `name-<number>`. */
  async latestBatch(name: string, on: SqlExecutor = this.dataSource): Promise<string | undefined> {
    const row = await selectOne<{ batch: string }>(
      on,
      `select batch from job_run where batch = $1 or starts_with(batch, $1 || '-') order by created_at desc, id desc limit 1`,
      [name],
    );
    return row?.batch;
  }

  /** The job's log, oldest first. */
  async logs(id: string, query: LogsQuery): Promise<Page<JobLogLine>> {
    await this.get(id);
    const [after] = query.cursor === undefined ? [0] : decodeCursor(query.cursor, ['int8']);
    const rows = await selectRows<LogRow>(
      this.dataSource,
      'select line, at, level, message from job_log where job_id = $1 and line > $2 order by line limit $3',
      [id, after, query.limit + 1],
    );
    const lines = rows.map(({ line, at, level, message }) => ({
      line: Number(line),
      at: at.toISOString(),
      level,
      message,
    }));
    return toPage(lines, query.limit, ({ line }) => [line]);
  }

  /**
   * A queued job is cancelled at once; a running one is asked to stop and is cancelled when its worker has. What is part of
   * it is cancelled with it.
   */
  async cancel(id: string): Promise<Job> {
    return inTransaction(this.dataSource, async (runner) => {
      const row = await this.lock(runner, id);
      if (row.state !== 'running' && row.state !== 'queued') throw jobEnded(id, row.state);
      await cancelOpen(runner, row, this.clock.now());
      return this.existing(runner, id);
    });
  }

  /** Makes a job part of another, and of no other any more: when that is cancelled, so is this, unless it has ended. */
  async adopt(id: string, parent: string): Promise<void> {
    await execute(
      this.dataSource,
      'update job_run set parent_id = $2 where id = $1 and parent_id is distinct from $2',
      [id, parent],
    );
  }

  /** A failed or cancelled job goes back to the queue with a fresh set of attempts; its log and attempt count go on. */
  async retry(id: string): Promise<Job> {
    return inTransaction(this.dataSource, async (runner) => {
      const row = await this.lock(runner, id);
      if (row.state !== 'failed' && row.state !== 'cancelled') throw jobNotRetryable(id, row.state);
      const job = await this.update(
        runner,
        id,
        `state = 'queued', max_attempts = attempt + $2, cancel_requested = false, progress = 0, progress_message = '',
         result = null, error_code = null, error_message = null, ended_at = null, lease_until = null`,
        [this.config.jobs.maxAttempts],
      );
      await enqueue(runner, id, row.attempt + 1);
      return job;
    });
  }

  private async lock(runner: QueryRunner, id: string): Promise<JobRow> {
    if (!UUID.test(id)) throw jobNotFound(id);
    const row = await selectOne<JobRow>(runner, `select ${JOB_COLUMNS} from job_run where id = $1 for update`, [id]);
    if (row === undefined) throw jobNotFound(id);
    return row;
  }

  private async update(
    runner: QueryRunner,
    id: string,
    assignments: string,
    parameters: readonly unknown[] = [],
  ): Promise<Job> {
    const rows = await selectRows<JobRow>(
      runner,
      `update job_run set ${assignments} where id = $1 returning ${JOB_COLUMNS}`,
      [id, ...parameters],
    );
    return toJob(rows[0]!);
  }
}
