import type { Agent, Monitors, VersionFacts } from '@tidemark/contracts';
import type { ArtifactScorer } from '@tidemark/inference/read';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { computeLabels, lossPerRow } from '@tidemark/native';
import { lossName, meanOf } from './performance.js';
import { randomBelow } from './random.js';

/** A row of `feature_importance`. */
export interface FeatureImportance {
  readonly version: string;
  readonly feature: string;
  /** Mean increase of the loss when the input is shuffled across bars. */
  readonly importance: number;
  /** Of that mean over the repeats; absent with one repeat. */
  readonly standardError?: number;
  readonly bars: number;
  readonly repeats: number;
  readonly seed: number;
}

export interface ImportanceQuestion {
  readonly agent: Agent;
  readonly spec: Monitors['importance'];
  readonly serving: VersionFacts;
  readonly snapshot: SeriesSnapshot;
  /** The bar it is asked at; nothing after it is used. */
  readonly row: number;
}

/** Bars before the first row, so that every input has its history there. */
const HISTORY_BARS = 300;

/** The newest rows whose labels have matured by the bar; undefined while there are fewer than asked for. */
export function maturedRows({ agent, spec, snapshot, row }: ImportanceQuestion): MaturedRows | undefined {
  const bars = snapshot.bars.subarray(0, (row + 1) * BAR_WIDTH);
  const labels = computeLabels(agent.label, bars);
  let to = labels.value.length;
  while (to > 0 && labels.endIndex[to - 1]! < 0) to -= 1;
  const from = to - spec.windowBars;
  return from < HISTORY_BARS ? undefined : { from, truth: labels.value.slice(from, to) };
}

export interface MaturedRows {
  readonly from: number;
  readonly truth: Float64Array;
}

/**
 * Permutation importance (Breiman, 2001; Fisher, Rudin and Dominici, 2019) of every input of the serving version on the
 * newest matured labels. A window is one input: its columns move together. Seeded by agent, bar, input and repeat.
 */
export async function permutationImportance(
  question: ImportanceQuestion,
  { from, truth }: MaturedRows,
  scorer: ArtifactScorer,
): Promise<FeatureImportance[]> {
  const { agent, spec, serving, row, snapshot } = question;
  const sha256 = serving.artifactSha256;
  const { inputs, outputs } = await scorer.signature(sha256);
  const count = truth.length;
  const rows = await scorer.inputRows(sha256, snapshot, from, from + count);
  const lossOf = async (input: Float64Array): Promise<number> => {
    const scored = await scorer.predictRows(sha256, input, count);
    const forecasts = Float64Array.from({ length: count }, (_, index) => scored[index * outputs.length]!);
    return meanOf(lossPerRow(lossName(agent.task), forecasts, truth));
  };
  const base = await lossOf(rows);
  const results: FeatureImportance[] = [];
  let start = 0;
  for (const { name, width } of inputs) {
    const increases: number[] = [];
    for (let repeat = 0; repeat < spec.repeats; repeat += 1) {
      const random = randomBelow('importance', agent.seed, snapshot.bars[row * BAR_WIDTH]!, name, repeat);
      increases.push((await lossOf(shuffled(rows, count, start, width, random))) - base);
    }
    start += width;
    const { version } = serving;
    const facts = { version, feature: name, bars: count, repeats: spec.repeats, seed: agent.seed };
    results.push({ ...facts, ...meanAndError(increases) });
  }
  return results;
}

/** A copy with the columns [start, start + width) given to other rows: Fisher and Yates. */
function shuffled(
  rows: Float64Array,
  count: number,
  start: number,
  width: number,
  random: (bound: number) => number,
): Float64Array {
  const order = Array.from({ length: count }, (_, row) => row);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = random(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  const rowWidth = rows.length / count;
  const copy = Float64Array.from(rows);
  order.forEach((source, row) => {
    const from = source * rowWidth + start;
    copy.set(rows.subarray(from, from + width), row * rowWidth + start);
  });
  return copy;
}

function meanAndError(values: readonly number[]): { importance: number; standardError?: number } {
  const n = values.length;
  const importance = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { importance };
  const squares = values.reduce((sum, value) => sum + (value - importance) ** 2, 0);
  return { importance, standardError: Math.sqrt(squares / (n - 1) / n) };
}
