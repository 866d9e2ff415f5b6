import type { Run } from '@tidemark/contracts';

/** Tracked runs for other features. */
export interface RunReader {
  /** Newest successful run of each family in the training that `runId` belongs to, in the order they were fitted. */
  ofJobOf(runId: string): Promise<Run[]>;
  /** Configurations scored for an agent so far, over all runs. */
  configurationsTried(agent: string): Promise<number>;
}

export const RUN_READER = Symbol('RUN_READER');
