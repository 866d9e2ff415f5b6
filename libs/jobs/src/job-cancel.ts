import type { JobState } from '@tidemark/contracts';
import { execute, notify, selectRows, type SqlExecutor } from '@tidemark/database';
import { CANCEL_CHANNEL, withdraw } from './enqueue.js';

interface OpenJob {
  readonly id: string;
  readonly state: JobState;
}

/** Queued: cancelled at once, and its parts with it. Running: asked to stop. The caller holds the job's row. */
export async function cancelOpen(on: SqlExecutor, { id, state }: OpenJob, now: Date): Promise<void> {
  if (state === 'running') {
    await execute(on, 'update job_run set cancel_requested = true where id = $1', [id]);
    await notify(on, CANCEL_CHANNEL, id);
    return;
  }
  await withdraw(on, id);
  await execute(on, `update job_run set cancel_requested = true, state = 'cancelled', ended_at = $2 where id = $1`, [
    id,
    now,
  ]);
  await cancelParts(on, id, now);
}

/**
 * Cancels what is part of a job and has not ended. Belongs into the transaction in which the job becomes cancelled, and
 * into no other: a job whose worker stops or dies is taken up again, and finds its parts as it left them.
 */
export async function cancelParts(on: SqlExecutor, parent: string, now: Date): Promise<void> {
  const parts = await selectRows<OpenJob>(
    on,
    `select id, state from job_run where parent_id = $1 and state in ('queued', 'running') order by id for update`,
    [parent],
  );
  for (const part of parts) await cancelOpen(on, part, now);
}
