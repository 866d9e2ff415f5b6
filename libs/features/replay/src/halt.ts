import type { Job } from '@tidemark/contracts';
import { callerError, type TidemarkError } from '@tidemark/kernel';
import { isDataFailure } from '@tidemark/loop/read';

export const REPLAY_HALTED = 'REPLAY_HALTED';

/** Why a training that ended is no ground for a decision; undefined when it is one, or has not ended. */
export function haltReason({ id, state, error }: Job): { code: string; message: string } | undefined {
  if (state === 'cancelled') return { code: 'TRAINING_CANCELLED', message: `Training ${id} was cancelled.` };
  if (state !== 'failed') return undefined;
  const { code, message } = error ?? { code: 'TRAINING_FAILED', message: `Training ${id} failed.` };
  return isDataFailure(code) ? undefined : { code, message };
}

export function replayHalted(job: string, why: { readonly code: string; readonly message: string }): TidemarkError {
  return callerError(
    REPLAY_HALTED,
    `The replay was halted, without a decision, by a training that says nothing about its data: ${why.code}: ${why.message} When the cause is gone, \`npx tidemark jobs retry ${job}\` goes on where it stopped.`,
    { details: { ...why } },
  );
}
