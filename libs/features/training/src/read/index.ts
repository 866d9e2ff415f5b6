import type { Run } from '@tidemark/contracts';
import type { QueryRunner } from 'typeorm';

export { barsBeforeReplay, firstReplayRow } from '../replay-start.js';

/** Tracked runs for other features. */
export interface RunReader {
  /** Newest successful run of each family that competed in the training that `runId` belongs to, in the order they were fitted. */
  ofJobOf(runId: string): Promise<Run[]>;
  /** Configurations scored for an agent so far, each as often as it was scored. Timelines: default the current one. */
  configurationsTried(agent: string, timelines?: readonly string[]): Promise<number>;
}

export const RUN_READER = Symbol('RUN_READER');

export interface Opening {
  readonly agent: string;
  readonly jobId: string;
  readonly sealedFrom: Date;
  readonly dataHash: string;
}

/** The log of openings of sealed spans: by a replay, or by a training that chooses on sealed bars. Never refused. */
export interface SealedOpenings {
  /** Number of this opening; the same job opens once however often it is delivered. */
  open(opening: Opening, fence: (runner: QueryRunner) => Promise<void>): Promise<number>;
}

export const SEALED_OPENINGS = Symbol('SEALED_OPENINGS');
