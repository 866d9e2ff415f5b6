import type { Agent, Dataset } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import type { FitMeta } from './trainer-jobs.js';
import type { TrainingWorkspace } from './training-workspace.js';

/** One prepared training: the bars as known at its instant, the dataset made from them, and where it works. */
export interface TrainingTask {
  readonly context: JobContext;
  readonly agent: Agent;
  readonly seed: number;
  readonly snapshot: SeriesSnapshot;
  readonly dataset: Dataset;
  readonly meta: FitMeta;
  readonly workspace: TrainingWorkspace;
}
