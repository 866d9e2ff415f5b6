import type { JobKind } from '@tidemark/contracts';

/** A step of a chain: the first is created when its predecessor succeeds, and carries the rest on. */
export interface FollowUp {
  readonly kind: JobKind;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface NewJob {
  /** Name of the job, for work that must be asked for once: a job of that id that exists already is returned. */
  readonly id?: string;
  readonly kind: JobKind;
  readonly agent: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Name of the batch the job and its follow-ups belong to. */
  readonly batch?: string;
  /** What follows this job's success, one after the other, for the same agent and batch. */
  readonly followUp?: readonly FollowUp[];
  /** Default: the store's. */
  readonly maxAttempts?: number;
}
