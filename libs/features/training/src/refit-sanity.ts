import type { Task } from '@tidemark/contracts';

/** Newest bars over which the mean output of a refit is looked at. */
const MEAN_BARS = 250;
/** Newest bars whose outputs of the serving version are the reference, and the fewest that make one. */
export const REFERENCE_BARS = 1_000;
const MIN_REFERENCE_BARS = 250;
/** Ends of the band of the reference that the mean output must lie in. */
const BAND = [0.001, 0.999] as const;

/** Outputs lie strictly between 0 and 1 for both tasks: a probability, and a volatility per bar. */
const OUTPUT: Readonly<Record<Task, string>> = { direction: 'probability', volatility: 'volatility' };

/** What is wrong with a refit's outputs on the newest bars, beside the serving version's outputs on them; nothing if sane. */
export function sanityOf(task: Task, refit: Float64Array, reference: Float64Array): string[] {
  const name = OUTPUT[task];
  if (!refit.every(Number.isFinite)) return [`a ${name} is not finite`];
  const found: string[] = [];
  if (refit.some((value) => value <= 0 || value >= 1)) found.push(`a ${name} does not lie between 0 and 1`);
  if (refit.every((value) => value === refit[0])) found.push(`the same ${name} on every bar`);
  return [...found, ...meanProblem(name, refit, reference)];
}

function meanProblem(name: string, refit: Float64Array, reference: Float64Array): string[] {
  const sorted = reference.filter(Number.isFinite).sort();
  if (sorted.length < MIN_REFERENCE_BARS) {
    return [`only ${sorted.length} bars to compare the mean ${name} with, at least ${MIN_REFERENCE_BARS} are needed`];
  }
  const newest = refit.slice(-MEAN_BARS);
  const mean = newest.reduce((sum, value) => sum + value, 0) / newest.length;
  const [low, high] = BAND.map((share) => quantile(sorted, share)) as [number, number];
  if (mean >= low && mean <= high) return [];
  const band = `${low.toPrecision(4)} to ${high.toPrecision(4)}`;
  return [`the mean ${name} ${mean.toPrecision(4)} lies outside the serving version’s 0.1–99.9 % band, ${band}`];
}

/** Linear between order statistics (Hyndman and Fan, 1996, type 7). */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
