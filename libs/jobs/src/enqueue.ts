import { execute, notify, selectRows, type SqlExecutor } from '@tidemark/database';

/** Woken after each commit that put something into the outbox. */
export const QUEUED_CHANNEL = 'tidemark_jobs_queued';
/** Payload: id of the job whose cancellation was requested. */
export const CANCEL_CHANNEL = 'tidemark_jobs_cancel';

/** Puts the wake-up for an attempt into the outbox, in the transaction that made the attempt possible. */
export async function enqueue(executor: SqlExecutor, jobId: string, attempt: number, delaySeconds = 0): Promise<void> {
  await selectRows(
    executor,
    `insert into job_outbox (job_id, attempt, created_at, available_at) values ($1, $2, now(), now() + make_interval(secs => $3))
     on conflict (job_id, attempt) do nothing`,
    [jobId, attempt, delaySeconds],
  );
  await notify(executor, QUEUED_CHANNEL, jobId);
}

/** Forgets wake-ups that have not been sent; those already sent find a job that cannot be claimed. */
export async function withdraw(executor: SqlExecutor, jobId: string): Promise<void> {
  await execute(executor, 'delete from job_outbox where job_id = $1', [jobId]);
}
