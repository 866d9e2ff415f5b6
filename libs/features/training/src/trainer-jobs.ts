import type { Agent, Family, LabelSpec } from '@tidemark/contracts';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import type { PreparedDataset } from './training-workspace.js';

/** Per-bar columns that the volatility families take windows of. */
const VOLATILITY_COLUMNS = ['return', 'parkinson_1', 'parkinson_5', 'parkinson_22'] as const;

export interface TrainerFolders {
  readonly bars: string;
  readonly outputDir: string;
}

/** How the rows are shared out. */
export type SplitPlan =
  /** Folds that follow one another, then the gate: all as in the agent's file. */
  | { readonly scheme: 'walk_forward' }
  /** One fit on all matured rows but the newest `gateBars`. */
  | { readonly scheme: 'refit'; readonly gateBars: number }
  /** The same on every row, for a family that neither stops early nor is calibrated. */
  | { readonly scheme: 'whole' };

/** The `prepare` job: bars as known at `asOf` become a dataset and an explicit, purged split. */
export function prepareJob(request: PrepareRequest, folders: TrainerFolders): TrainerJob {
  const { agent, asOf, seed, plan } = request;
  return {
    contractVersion: 1,
    command: 'prepare',
    bars: folders.bars,
    label: agent.label,
    columns: agent.task === 'direction' ? agent.features : [...VOLATILITY_COLUMNS],
    labelRate: agent.task === 'direction',
    split: { ...sizesOf(agent, plan), until: asOf.toISOString() },
    asOf: asOf.toISOString(),
    seed,
    limits: limitsOf(agent),
    outputDir: folders.outputDir,
  };
}

export interface PrepareRequest {
  readonly agent: Agent;
  readonly asOf: Date;
  readonly seed: number;
  readonly plan: SplitPlan;
}

function sizesOf({ validation, label }: Agent, plan: SplitPlan): Record<string, unknown> {
  if (plan.scheme === 'walk_forward') return { ...validation };
  const { earlyStoppingBars, calibrationBars, embargoBars, minEffectiveSamples } = validation;
  if (plan.scheme === 'whole') {
    const least = wholeSliceBars(label);
    const slices = { earlyStoppingBars: least, calibrationBars: least, embargoBars: 0 };
    return { scheme: 'refit', gateBars: 0, ...slices, minEffectiveSamples };
  }
  return { ...plan, earlyStoppingBars, calibrationBars, embargoBars, minEffectiveSamples };
}

/** Bars from a bar to the one at which its label is known. */
export function labelReach(label: LabelSpec): number {
  return label.kind === 'forward_return_sign' ? label.lag + label.horizon : 1;
}

/**
 * Early stopping and calibration in a fit on every row: slices that the family does not use are joined to the one it fits
 * on, and the contract wants a row in each after purging.
 */
export function wholeSliceBars(label: LabelSpec): number {
  return labelReach(label) + 2;
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
  readonly dataset: PreparedDataset;
  readonly meta: FitMeta;
}

/** The `fit` job of one family over the prepared dataset, whose path is added when it runs. */
export function fitJob(task: FitJobTask, family: Family, outputDir: string): TrainerJob {
  const { agent, seed, dataset, meta } = task;
  return {
    contractVersion: 1,
    command: 'fit',
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

/** Parts of a job that its outputs do not depend on: paths, and limits, which end a job or do not. */
const NOT_THE_SPEC: readonly string[] = ['bars', 'dataset', 'outputDir', 'limits'];

/** What the outputs of a job depend on, as far as the job says it. */
export function specOf(job: TrainerJob): Record<string, unknown> {
  return Object.fromEntries(Object.entries(job).filter(([part]) => !NOT_THE_SPEC.includes(part)));
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
