import type { Job, JobKind, JobState } from '@tidemark/contracts';
import type { FollowUp } from './new-job.js';

/** A row of `job_run` as the driver returns it. */
export interface JobRow {
  readonly id: string;
  readonly kind: JobKind;
  readonly agent: string;
  readonly batch: string | null;
  readonly payload: Record<string, unknown>;
  readonly follow_up: FollowUp[];
  readonly state: JobState;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly lease_epoch: number;
  readonly cancel_requested: boolean;
  readonly progress: number;
  readonly progress_message: string;
  readonly result: Record<string, unknown> | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

export const JOB_COLUMNS = `id, kind, agent, batch, payload, follow_up, state, attempt, max_attempts, lease_epoch, cancel_requested,
  progress, progress_message, result, error_code, error_message, created_at, started_at, ended_at`;

export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    agent: row.agent,
    state: row.state,
    batch: row.batch ?? undefined,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    progress: { fraction: row.progress, message: row.progress_message },
    error: row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? '' },
    payload: row.payload,
    result: row.result ?? undefined,
    cancelRequested: row.cancel_requested,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString(),
    endedAt: row.ended_at?.toISOString(),
  };
}
