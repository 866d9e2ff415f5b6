import { binding } from './addon.js';
import type { PairedLossResult, SharpeDifferenceResult } from './binding.js';
import { callNative } from './errors.js';

export interface PairedLossOptions {
  /** Bars that a label runs over; sets the bandwidth. */
  readonly horizon: number;
  /** One-sided level: 0.1, 0.05 (default), 0.025 or 0.01. */
  readonly alpha?: number;
  /** Pairs below which no verdict is given; default 250. */
  readonly minPairs?: number;
}

/** Is the candidate's expected loss lower than the incumbent's on the same rows, given in time order? */
export function pairedLossTest(
  candidate: Float64Array,
  incumbent: Float64Array,
  options: PairedLossOptions,
): PairedLossResult {
  const { horizon, alpha = 0.05, minPairs } = options;
  return callNative(() => binding().pairedLossTest(candidate, incumbent, horizon, alpha, minPairs));
}

export interface SharpeDifferenceOptions {
  /** Bars of a year, to annualise both ratios. */
  readonly barsPerYear: number;
  /** Bars that each return runs over; sets the bandwidth. Default 1: returns marked every bar. */
  readonly horizon?: number;
}

/** Do two strategies' returns over the same bars, in time order, differ in Sharpe ratio? `difference` is a's minus b's. */
export function sharpeDifference(
  a: Float64Array,
  b: Float64Array,
  { barsPerYear, horizon = 1 }: SharpeDifferenceOptions,
): SharpeDifferenceResult {
  return callNative(() => binding().sharpeDifference(a, b, barsPerYear, horizon));
}
