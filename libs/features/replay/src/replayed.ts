import type { ReplayPayload } from '@tidemark/contracts';
import type { JobStore } from '@tidemark/jobs';
import { conflict, type TidemarkError } from '@tidemark/kernel';

/** Whose replay, and where. */
export type ReplayKey = Pick<ReplayPayload, 'agent' | 'timeline'>;

/** True while a replay of the agent on the timeline, other than the job `except`, waits or runs. */
export async function isReplaying(jobs: JobStore, { agent, timeline }: ReplayKey, except?: string): Promise<boolean> {
  for (const state of ['queued', 'running'] as const) {
    const { items } = await jobs.list({ kind: 'replay', agent, state, limit: 100 });
    if (items.some(({ id, payload }) => id !== except && payload['timeline'] === timeline)) return true;
  }
  return false;
}

export function replayed({ agent, timeline }: ReplayKey): TidemarkError {
  const message = `${agent} has a history on ${timeline} already: replay it on another timeline.`;
  return conflict('TIMELINE_REPLAYED', message, { agent, timeline });
}
