import type { ReplayPayload } from '@tidemark/contracts';
import type { NewJob } from '@tidemark/jobs';

/** A replay goes on where it stopped, so that a worker that dies costs it nothing but an attempt. */
const MAX_ATTEMPTS = 20;

/** The job of a replay. */
export function replayJob(payload: ReplayPayload, batch?: string): NewJob {
  return { kind: 'replay', agent: payload.agent, payload: { ...payload }, batch, maxAttempts: MAX_ATTEMPTS };
}
