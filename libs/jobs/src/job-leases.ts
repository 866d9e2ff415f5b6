import { Inject, Injectable } from '@nestjs/common';
import type { Job } from '@tidemark/contracts';
import { DATA_SOURCE, execute, inTransaction, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import { CLOCK, outerClock, type Clock, type TidemarkError } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { enqueue } from './enqueue.js';
import { cancelParts } from './job-cancel.js';
import type { JobResult } from './job-handler.js';
import { JOB_COLUMNS, toJob, type JobRow } from './job-row.js';
import { JobStore } from './job-store.js';
import { ATTEMPTS_SPENT, leaseLost } from './jobs.errors.js';
import type { FollowUp } from './new-job.js';

/** The right of one attempt to write to its job, until another attempt takes it. */
export interface Lease {
  readonly job: Job;
  /** Grows with every change of owner; a write with an older one touches nothing. */
  readonly epoch: number;
  readonly followUp: readonly FollowUp[];
}

/** How an attempt that did not succeed ended. */
export type AttemptEnd = 'queued' | 'failed' | 'cancelled';

const OWNED = `id = $1 and lease_epoch = $2 and state = 'running'`;

/**
 * The worker's side of `job_run`. Every write is fenced by the lease epoch and throws JOB_LEASE_LOST when the attempt
 * no longer owns the job. Lease times are Postgres's own, so that workers' clocks do not matter.
 */
@Injectable()
export class JobLeases {
  private readonly clock: Clock;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) clock: Clock,
    private readonly store: JobStore,
  ) {
    this.clock = outerClock(clock);
  }

  /** Starts the attempt, or returns undefined when it cannot start: started elsewhere, ended, cancelled, superseded. */
  async claim(jobId: string, attempt: number, leaseSeconds: number): Promise<Lease | undefined> {
    const rows = await selectRows<JobRow>(
      this.dataSource,
      `update job_run set state = 'running', attempt = $2, lease_epoch = lease_epoch + 1,
         lease_until = now() + make_interval(secs => $3), started_at = coalesce(started_at, $4),
         progress = 0, progress_message = '', error_code = null, error_message = null
       where id = $1 and state = 'queued' and attempt = $2 - 1 and attempt < max_attempts
       returning ${JOB_COLUMNS}`,
      [jobId, attempt, leaseSeconds, this.clock.now()],
    );
    const row = rows[0];
    return row === undefined ? undefined : { job: toJob(row), epoch: row.lease_epoch, followUp: row.follow_up };
  }

  /** Extends the lease and tells whether a cancellation was requested. */
  async renew(lease: Lease, leaseSeconds: number): Promise<{ cancelRequested: boolean }> {
    return this.owned(
      lease,
      `update job_run set lease_until = now() + make_interval(secs => $3) where ${OWNED} returning cancel_requested`,
      [leaseSeconds],
    );
  }

  /** Tells whether a cancellation was requested, without extending the lease. */
  async check(lease: Lease): Promise<{ cancelRequested: boolean }> {
    return this.owned(lease, `select cancel_requested from job_run where ${OWNED}`, []);
  }

  async progress(lease: Lease, fraction: number, message: string): Promise<void> {
    const changed = await execute(
      this.dataSource,
      `update job_run set progress = $3, progress_message = $4 where ${OWNED}`,
      [lease.job.id, lease.epoch, Math.min(Math.max(fraction, 0), 1), message],
    );
    if (changed === 0) throw leaseLost(lease.job.id);
  }

  async log(lease: Lease, level: string, message: string): Promise<void> {
    const written = await selectRows(
      this.dataSource,
      `insert into job_log (job_id, at, level, message) select id, $3, $4, $5 from job_run where ${OWNED} returning line`,
      [lease.job.id, lease.epoch, this.clock.now(), level, message],
    );
    if (written.length === 0) throw leaseLost(lease.job.id);
  }

  /** Holds the job's row until the transaction ends, so that nobody can take the job over meanwhile. */
  async fence(runner: QueryRunner, lease: Lease): Promise<void> {
    const row = await selectOne(runner, `select id from job_run where ${OWNED} for update`, [
      lease.job.id,
      lease.epoch,
    ]);
    if (row === undefined) throw leaseLost(lease.job.id);
  }

  /** Marks the job succeeded, does the handler's last work and creates the next job of the chain, all or nothing. */
  async complete(
    lease: Lease,
    result: JobResult,
    work: readonly ((runner: QueryRunner) => Promise<void>)[],
  ): Promise<void> {
    const { job, epoch, followUp } = lease;
    await inTransaction(this.dataSource, async (runner) => {
      await this.fence(runner, lease);
      for (const step of work) await step(runner);
      await execute(
        runner,
        `update job_run set state = 'succeeded', result = $3, progress = 1, lease_until = null, ended_at = $4 where ${OWNED}`,
        [job.id, epoch, JSON.stringify(result), this.clock.now()],
      );
      const [next, ...rest] = followUp;
      if (next !== undefined)
        await this.store.create(runner, { ...next, agent: job.agent, batch: job.batch, followUp: rest });
    });
  }

  /** Ends the attempt with an error: back to the queue after `delaySeconds` when it may be tried again, else failed. */
  async fail(lease: Lease, error: TidemarkError, delaySeconds: number): Promise<AttemptEnd> {
    const { attempt, maxAttempts } = lease.job;
    if (!error.retryable) return this.end(this.dataSource, lease, 'failed', error);
    if (attempt < maxAttempts) return this.requeue(lease, delaySeconds, 0, error);
    const message = `${attempt} of ${maxAttempts} attempts failed; the last: ${error.code}: ${error.message}`;
    return this.end(this.dataSource, lease, 'failed', { code: ATTEMPTS_SPENT, message });
  }

  /** Ends the job, and with it what is part of it. */
  async cancelled(lease: Lease): Promise<AttemptEnd> {
    return inTransaction(this.dataSource, async (runner) => {
      const state = await this.end(runner, lease, 'cancelled');
      await cancelParts(runner, lease.job.id, this.clock.now());
      return state;
    });
  }

  /** The worker stops: the attempt goes back and is not counted against the job. */
  async release(lease: Lease): Promise<AttemptEnd> {
    return this.requeue(lease, 0, 1);
  }

  private async requeue(
    lease: Lease,
    delaySeconds: number,
    extraAttempts: number,
    error?: TidemarkError,
  ): Promise<AttemptEnd> {
    const { id, attempt } = lease.job;
    await inTransaction(this.dataSource, async (runner) => {
      await this.write(
        runner,
        lease,
        `state = 'queued', lease_until = null, max_attempts = max_attempts + $3, error_code = $4, error_message = $5`,
        [extraAttempts, error?.code ?? null, error?.message ?? null],
      );
      await enqueue(runner, id, attempt + 1, delaySeconds);
    });
    return 'queued';
  }

  private async end(
    executor: SqlExecutor,
    lease: Lease,
    state: 'failed' | 'cancelled',
    error?: { readonly code: string; readonly message: string },
  ): Promise<AttemptEnd> {
    await this.write(
      executor,
      lease,
      'state = $3, error_code = $4, error_message = $5, lease_until = null, ended_at = $6',
      [state, error?.code ?? null, error?.message ?? null, this.clock.now()],
    );
    return state;
  }

  private async write(
    executor: SqlExecutor,
    lease: Lease,
    assignments: string,
    parameters: readonly unknown[],
  ): Promise<void> {
    const changed = await execute(executor, `update job_run set ${assignments} where ${OWNED}`, [
      lease.job.id,
      lease.epoch,
      ...parameters,
    ]);
    if (changed === 0) throw leaseLost(lease.job.id);
  }

  private async owned(
    lease: Lease,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<{ cancelRequested: boolean }> {
    const row = await selectOne<{ cancel_requested: boolean }>(this.dataSource, sql, [
      lease.job.id,
      lease.epoch,
      ...parameters,
    ]);
    if (row === undefined) throw leaseLost(lease.job.id);
    return { cancelRequested: row.cancel_requested };
  }
}
