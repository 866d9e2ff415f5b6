import type { Placebo } from '@tidemark/contracts';
import { sample, seeded } from './random.js';

/** A fit that serves from a row on until another does. */
export interface GridFit {
  /** First row it could serve. */
  readonly start: number;
  /** Loss of each row from `start` on; NaN where the label has not matured. */
  readonly losses: Float64Array;
}

export interface PlaceboQuestion {
  /** Loss of each row while nothing has been fitted; NaN where the label has not matured. */
  readonly baseline: Float64Array;
  /** In order of their first rows. */
  readonly grid: readonly GridFit[];
  /** How many of them a calendar has. */
  readonly refits: number;
  readonly draws: number;
  readonly seed: number;
  readonly policyLoss: number;
}

type Summed = (from: number, to: number) => number;

/** Mean losses of random calendars with so many fits each, the newest one always in. */
export function placeboOf(question: PlaceboQuestion): Omit<Placebo['rows'][number], 'of'> {
  const { baseline, grid, draws, seed, policyLoss } = question;
  const random = seeded(seed);
  const size = Math.min(question.refits, grid.length);
  const naive = summed(baseline, 0);
  const fits = grid.map(({ start, losses }) => ({ start, sum: summed(losses, start) }));
  const matured = baseline.reduce((count, loss) => (Number.isNaN(loss) ? count : count + 1), 0);
  const means = Array.from({ length: draws }, () => {
    const calendar = sample(random, fits.length, size).map((index) => fits[index]!);
    const ends = [...calendar.slice(1).map(({ start }) => start), baseline.length];
    const first = calendar[0]?.start ?? baseline.length;
    const total = calendar.reduce((sum, fit, place) => sum + fit.sum(fit.start, ends[place]!), naive(0, first));
    return total / matured;
  }).sort((a, b) => a - b);
  const asGood = means.filter((mean) => mean <= policyLoss + TIE).length;
  return {
    refits: size,
    draws,
    median: quantile(means, 0.5),
    low: quantile(means, 0.05),
    high: quantile(means, 0.95),
    shareAsGood: asGood / draws,
  };
}

/** Losses that differ by less were added up in another order. */
const TIE = 1e-12;

/** Sum of the losses of rows [from, to), in constant time. */
function summed(losses: Float64Array, start: number): Summed {
  const sums = new Float64Array(losses.length + 1);
  losses.forEach((loss, row) => (sums[row + 1] = sums[row]! + (Number.isNaN(loss) ? 0 : loss)));
  return (from, to) => sums[to - start]! - sums[from - start]!;
}

/** Of rising values, linear between neighbours (type 7 of Hyndman and Fan, 1996). */
export function quantile(values: ArrayLike<number>, share: number): number {
  const place = (values.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, values.length - 1);
  return values[below]! + (place - below) * (values[above]! - values[below]!);
}
