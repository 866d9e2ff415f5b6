import { conflict, notFound, operationalError, type TidemarkError } from '@tidemark/kernel';

export const ATTEMPTS_SPENT = 'ATTEMPTS_SPENT';

export function jobNotFound(id: string): TidemarkError {
  return notFound('JOB_NOT_FOUND', `There is no job ${id}; \`npx tidemark jobs list\` shows them.`, { id });
}

export function jobEnded(id: string, state: string): TidemarkError {
  return conflict('JOB_ALREADY_ENDED', `Job ${id} is ${state}: only a queued or running job can be cancelled.`, {
    id,
    state,
  });
}

export function jobNotRetryable(id: string, state: string): TidemarkError {
  return conflict('JOB_NOT_RETRYABLE', `Job ${id} is ${state}: only a failed or cancelled job can be retried.`, {
    id,
    state,
  });
}

/** Another attempt owns the job, or none does: nothing this attempt does may have an effect any more. */
export function leaseLost(id: string): TidemarkError {
  return operationalError('JOB_LEASE_LOST', `This attempt no longer owns job ${id}; another one has taken over.`, {
    details: { id },
  });
}

export function jobCancelled(id: string): TidemarkError {
  return conflict('JOB_CANCELLED', `Job ${id} was cancelled.`, { id });
}

export function workerStopping(id: string): TidemarkError {
  return operationalError('WORKER_STOPPING', `The worker stops; job ${id} goes back to the queue.`, {
    details: { id },
  });
}
