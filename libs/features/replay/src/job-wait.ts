import { setTimeout } from 'node:timers/promises';
import type { Job } from '@tidemark/contracts';
import type { JobStore } from '@tidemark/jobs';
import { hasEnded } from '@tidemark/loop/read';

const FIRST_LOOK_MS = 15;
const LONGEST_LOOK_MS = 100;
const GROWTH = 1.3;

/** The job when it has ended. The signal's reason is thrown when it is aborted first. */
export async function ended(jobs: JobStore, id: string, signal: AbortSignal): Promise<Job> {
  let pause = FIRST_LOOK_MS;
  for (;;) {
    signal.throwIfAborted();
    const job = await jobs.get(id);
    if (hasEnded(job)) return job;
    await setTimeout(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
    pause = Math.min(pause * GROWTH, LONGEST_LOOK_MS);
  }
}
