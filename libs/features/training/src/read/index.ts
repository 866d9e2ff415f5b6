import type { Run } from '@tidemark/contracts';

/** Tracked runs for other features. */
export interface RunReader {
  /** Runs of the training that `runId` belongs to. */
  ofJobOf(runId: string): Promise<Run[]>;
  /** Configurations scored for an agent so far, over all runs. */
  configurationsTried(agent: string): Promise<number>;
}

export const RUN_READER = Symbol('RUN_READER');
