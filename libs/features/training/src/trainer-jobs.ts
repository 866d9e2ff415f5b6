import type { Agent, Dataset, Family } from '@tidemark/contracts';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';

/** Per-bar columns that the volatility families take windows of. */
const VOLATILITY_COLUMNS = ['return', 'parkinson_1', 'parkinson_5', 'parkinson_22'] as const;

export interface TrainerFolders {
  readonly bars: string;
  readonly outputDir: string;
}

/** The `prepare` job: bars as known at `asOf` become a dataset and an explicit, purged split. */
export function prepareJob(agent: Agent, asOf: Date, seed: number, folders: TrainerFolders): TrainerJob {
  const { scheme, ...sizes } = agent.validation;
  return {
    contractVersion: 1,
    command: 'prepare',
    bars: folders.bars,
    label: agent.label,
    columns: agent.task === 'direction' ? agent.features : [...VOLATILITY_COLUMNS],
    labelRate: agent.task === 'direction',
    split: { scheme, ...sizes, until: asOf.toISOString() },
    asOf: asOf.toISOString(),
    seed,
    limits: limitsOf(agent),
    outputDir: folders.outputDir,
  };
}

export interface FitMeta {
  readonly asOf: Date;
  readonly dataHash: string;
  readonly codeVersion: string;
}

/** What the fits of all families of one training have in common. */
export interface FitJobTask {
  readonly agent: Agent;
  readonly seed: number;
  readonly dataset: Dataset;
  readonly datasetPath: string;
  readonly meta: FitMeta;
}

/** The `fit` job of one family over the prepared dataset. */
export function fitJob(task: FitJobTask, family: Family, outputDir: string): TrainerJob {
  const { agent, seed, dataset, datasetPath, meta } = task;
  return {
    contractVersion: 1,
    command: 'fit',
    dataset: datasetPath,
    schema: { label: agent.label, features: agent.features, task: agent.task },
    split: dataset.split,
    family,
    params: {},
    seed,
    meta: { agent: agent.agent, asOf: meta.asOf.toISOString(), dataHash: meta.dataHash, codeVersion: meta.codeVersion },
    limits: limitsOf(agent),
    outputDir,
  };
}

export interface TrainerLimits {
  readonly memoryMiB: number;
  readonly timeoutS: number;
}

/** A job of the trainer contract; what we have to know of it here is where its outputs go and its limits. */
export type TrainerJob = { readonly outputDir: string; readonly limits: TrainerLimits } & Record<string, unknown>;

function limitsOf(agent: Agent): TrainerLimits {
  return { memoryMiB: agent.limits.trainingMemoryMiB, timeoutS: agent.limits.trainingTimeoutS };
}

/** Bars as the trainer reads them: times in epoch ms, numbers in shortest round-trip form. */
export function formatBarsCsv(snapshot: SeriesSnapshot): string {
  const lines = ['event_time,known_at,open,high,low,close,volume'];
  for (let row = 0; row < snapshot.rows; row += 1) {
    const [eventTime, ...prices] = snapshot.bars.subarray(row * BAR_WIDTH, (row + 1) * BAR_WIDTH);
    lines.push([eventTime, snapshot.knownAt[row], ...prices].join(','));
  }
  return `${lines.join('\n')}\n`;
}
