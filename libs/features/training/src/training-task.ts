import type { Agent } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import { defect } from '@tidemark/kernel';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import type { FitMeta } from './trainer-jobs.js';
import type { PreparedDataset, TrainingWorkspace } from './training-workspace.js';

/** Part of the job's progress bar that one step fills. */
export interface ProgressSpan {
  readonly from: number;
  readonly to: number;
}

/** What a training works with: the bars as known at its instant, and where it works. */
export interface TrainingMaterials {
  readonly context: JobContext;
  readonly agent: Agent;
  readonly seed: number;
  readonly snapshot: SeriesSnapshot;
  readonly meta: FitMeta;
  readonly workspace: TrainingWorkspace;
}

/** Materials with a dataset made from them: who of its rows may see what is in its split. */
export interface TrainingTask extends TrainingMaterials {
  /** Folder of this split in the workspace. */
  readonly name: string;
  readonly dataset: PreparedDataset;
  /** Path of the rows; made when first asked for, since fits that are known need none. */
  datasetPath(): Promise<string>;
}

/** The newest matured bars, which nothing of this task was fitted or chosen on. */
export function gateSlice({ dataset, name }: Pick<TrainingTask, 'dataset' | 'name'>): { from: string; to: string } {
  const { gate } = dataset.split;
  if (gate === undefined) throw defect('GATE_SLICE_MISSING', `The split ${name} keeps no bars for a gate.`);
  return gate;
}
