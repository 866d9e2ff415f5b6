import { Injectable } from '@nestjs/common';
import type { Job, JobKind } from '@tidemark/contracts';
import { defect } from '@tidemark/kernel';
import type { QueryRunner } from 'typeorm';

export type JobResult = Record<string, unknown>;

/**
 * Runs the jobs of one kind. May be started more than once for the same job (another worker died, a wake-up came twice),
 * so every effect either goes through {@link JobContext.fence} in its own transaction, or is harmless when repeated.
 *
 * What it throws decides what follows: an operational error is tried again with growing delays until the attempts are
 * spent; a caller error or a defect fails the job at once.
 */
export interface JobHandler {
  readonly kind: JobKind;
  run(context: JobContext): Promise<JobResult>;
}

/** What a handler may do with the attempt it runs. */
export interface JobContext {
  readonly job: Job;
  /**
   * Aborted when the attempt must end: JOB_CANCELLED, JOB_LEASE_LOST or WORKER_STOPPING is the reason. A handler passes
   * it on, stops soon, and throws the reason (or anything: what counts is the reason).
   */
  readonly signal: AbortSignal;
  /** Appends a line to the job's log. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): Promise<void>;
  /** Share done, 0 to 1, and what is happening. Written at most four times a second. */
  progress(fraction: number, message: string): Promise<void>;
  /** Throws JOB_LEASE_LOST unless this attempt owns the job, and keeps it so until the transaction ends. */
  fence(runner: QueryRunner): Promise<void>;
  /** Work for the transaction that marks the job succeeded: all of it happens, or none. */
  completeWith(work: (runner: QueryRunner) => Promise<void>): void;
}

/** The handlers of this process. Features register theirs when their job module starts. */
@Injectable()
export class JobHandlers {
  private readonly handlers = new Map<JobKind, JobHandler>();

  register(handler: JobHandler): void {
    if (this.handlers.has(handler.kind))
      throw defect('JOB_HANDLER_DUPLICATE', `Two handlers are registered for ${handler.kind} jobs.`);
    this.handlers.set(handler.kind, handler);
  }

  forKind(kind: JobKind): JobHandler {
    const handler = this.handlers.get(kind);
    if (handler === undefined) throw defect('JOB_HANDLER_MISSING', `This worker has no handler for ${kind} jobs.`);
    return handler;
  }
}
