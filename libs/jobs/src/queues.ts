import type { JobKind } from '@tidemark/contracts';

/**
 * Queues of wake-ups. Replays wait for the trainings they ask for, so they must not take the places of these: they have
 * a queue of their own.
 */
export const QUEUES = ['work', 'replays'] as const;
export type QueueName = (typeof QUEUES)[number];

export function queueOf(kind: JobKind): QueueName {
  return kind === 'replay' ? 'replays' : 'work';
}
