import type { Agent, LabelSpec } from '@tidemark/contracts';
import { labelReach, wholeSliceBars } from './trainer-jobs.js';

/** Features that smooth over their whole past: they have no value before bar 259, counted from 0. */
const SMOOTHED: readonly Agent['features'][number][] = ['rsi_14', 'macd_atr', 'macd_hist_atr', 'atr_close', 'adx_14'];
const FIRST_SMOOTHED_BAR = 259;
/** First bar for which the widest column of the volatility families has a value: an average of 22 ranges. */
const FIRST_VOLATILITY_BAR = 21;
/** Labels that must have matured before their rate is an input. All other features have a value before that. */
const LEAST_LABELS = 100;
/** Rows on which a model and its artifact are compared. */
const PARITY_ROWS = 256;
/** Returns behind the least forecast of a volatility: those that the recursion settles on, and 250 residuals. */
const LEAST_RETURNS = 260 + 250;

/**
 * Bars that must be known before an agent's naive baseline can be fitted, compared with its artifact and registered: the
 * rule of the trainer for a fit on every row, so that a history too short for it is refused before anything runs. Exact for
 * `base_rate` and `ewma` on bars without holes in their features; another family as the baseline may need more.
 */
export function baselineBars(agent: Agent): number {
  const { label, task, validation } = agent;
  const reach = labelReach(label);
  const slices = 2 * wholeSliceBars(label);
  const first = firstRow(agent);
  const effective = fitRows(label, first, validation.minEffectiveSamples);
  // Rows whose label reaches into the next slice are purged from the fit, and the newest have no label yet.
  const split = first + effective + reach + slices + reach;
  const least = first + validation.minEffectiveSamples + 1 + slices + reach;
  const parity = first + PARITY_ROWS + reach;
  const returns = task === 'volatility' ? LEAST_RETURNS + PARITY_ROWS + reach : 0;
  return Math.max(split, least, parity, returns);
}

/** The first row without a missing value. A row has all the agent's features, also those the baseline does not look at. */
function firstRow({ task, features, label }: Agent): number {
  if (task === 'volatility') return FIRST_VOLATILITY_BAR;
  const rate = LEAST_LABELS - 1 + labelReach(label);
  return features.some((feature) => SMOOTHED.includes(feature)) ? Math.max(rate, FIRST_SMOOTHED_BAR) : rate;
}

/** Rows from `first` on whose uniqueness weights sum up to so many independent ones. */
function fitRows(label: LabelSpec, first: number, wanted: number): number {
  let sum = 0;
  let rows = 0;
  while (sum < wanted) {
    sum += weightOf(label, first + rows);
    rows += 1;
  }
  return rows;
}

/** Average uniqueness of the label of a bar: in its n-th bar of life so many labels are alive, at the horizon all. */
function weightOf(label: LabelSpec, bar: number): number {
  const horizon = label.kind === 'forward_return_sign' ? label.horizon : 1;
  let sum = 0;
  for (let life = 1; life <= horizon; life += 1) sum += 1 / Math.min(horizon, bar + life);
  return sum / horizon;
}
