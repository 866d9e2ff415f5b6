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

/** The baseline cannot be fitted on what was known before the replay's first bar: only a later one helps. */
export function replayTooEarly(
  timeline: string,
  why: { readonly code: string; readonly message: string },
): TidemarkError {
  return callerError(
    REPLAY_HALTED,
    `The replay was halted: its baseline cannot be fitted on the bars known before the first one: ${sentence(why)} Trying again changes nothing: replay with a later \`from\`, on another timeline than ${timeline}.`,
    { details: { ...why } },
  );
}

export function replayHalted(job: string, why: { readonly code: string; readonly message: string }): TidemarkError {
  return callerError(
    REPLAY_HALTED,
    `The replay was halted, without a decision, by a training that says nothing about its data: ${sentence(why)} When the cause is gone, \`npx tidemark jobs retry ${job}\` goes on where it stopped.`,
    { details: { ...why } },
  );
}

/** With a full stop: what ends in a sentence of ours may come without one. */
function sentence({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message.trimEnd().replace(/[^.!?]$/, '$&.')}`;
}
