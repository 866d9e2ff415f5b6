import type { Job } from '@tidemark/contracts';
import type { JobStore } from '@tidemark/jobs';
import { isTidemarkError } from '@tidemark/kernel';

/** What the jobs of a batch come to together. */
export function stateOf(jobs: readonly Job[]): 'running' | 'failed' | 'succeeded' {
  if (jobs.some(({ state }) => state === 'queued' || state === 'running')) return 'running';
  return jobs.some(hasFailed) ? 'failed' : 'succeeded';
}

export function hasFailed({ state }: Job): boolean {
  return state === 'failed' || state === 'cancelled';
}

/** The job that stands for the batch: one that runs, else one that failed, else the last. */
export function shownOf(jobs: readonly Job[]): Job {
  return jobs.find(({ state }) => state === 'running') ?? jobs.find(hasFailed) ?? jobs.at(-1)!;
}

/** Those that failed are run again. Somebody else may have retried one in the meantime: that serves as well. */
export async function retryFailed(store: Pick<JobStore, 'retry'>, jobs: readonly Job[]): Promise<void> {
  for (const { id } of jobs.filter(hasFailed)) {
    try {
      await store.retry(id);
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== 'JOB_NOT_RETRYABLE') throw error;
    }
  }
}
