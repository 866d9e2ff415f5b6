import { binding } from './addon.js';
import type { DriftMatrixResult, DriftResult } from './binding.js';
import { callNative } from './errors.js';

/**
 * Ways to measure how far a current sample lies from a reference; 0 when they agree.
 *
 * - `psi/quantile-ref`: Σ (p − q) ln(p/q) over the reference's deciles, shares smoothed as (c + ½)/(N + ½B); 0 and up.
 * - `psi/floor1e-4`: the same bins, plain shares of at least 1e-4, as credit risk has it.
 * - `kl/quantile-ref`: KL(reference‖current) in nats, bins and smoothing of `psi/quantile-ref`.
 * - `js/quantile-ref`: Jensen–Shannon distance, base 2, plain shares: 0 to 1.
 * - `ks`: largest distance of the distribution functions, 0 to 1; the only one with a p-value.
 * - `w1`: Wasserstein-1 in the unit of the values.
 * - `w1/std`, `w1/iqr`: `w1` over the reference's standard deviation, or its interquartile range over 1.349.
 */
export type DriftConvention =
  'psi/quantile-ref' | 'psi/floor1e-4' | 'kl/quantile-ref' | 'js/quantile-ref' | 'ks' | 'w1' | 'w1/std' | 'w1/iqr';

export interface DriftOptions {
  /** Whether to compute p-values, the slow part; default true. */
  readonly withP?: boolean;
}

/**
 * Each convention's distance of `current` from `reference`, in the order of `conventions`. Order and length of the samples
 * are free; NaN and infinities are left out. An empty sample is a status, not an error.
 *
 * p-values hold for independent values; on autocorrelated ones, such as those of neighbouring bars, they are far too small.
 * Synchronous: two samples of 10,000 take milliseconds, most of it the p-value.
 *
 * @throws DRIFT_CONVENTION_UNKNOWN
 */
export function driftStatistics(
  reference: Float64Array,
  current: Float64Array,
  conventions: readonly DriftConvention[],
  { withP = true }: DriftOptions = {},
): DriftResult[] {
  return callNative(() => binding().driftStatistics(reference, current, [...conventions], withP));
}

export interface DriftMatrixOptions extends DriftOptions {
  /** Values in a row. */
  readonly columns: number;
  /** Reference rows, half-open. */
  readonly referenceFrom: number;
  readonly referenceTo: number;
  /** Current rows, half-open. */
  readonly currentFrom: number;
  readonly currentTo: number;
  readonly conventions: readonly DriftConvention[];
}

/**
 * {@link driftStatistics} of every column of a row-major matrix between two windows of its rows. `scores` has all
 * conventions of column 0, then of column 1, and so on; `columns` the shares of NaN and infinities in either window.
 *
 * Made for a call per bar: pass `withP: false` there.
 *
 * @throws MATRIX_SHAPE_INVALID, ROWS_OUT_OF_RANGE, DRIFT_CONVENTION_UNKNOWN
 */
export function driftMatrix(
  values: Float64Array,
  { conventions, withP = true, ...windows }: DriftMatrixOptions,
): DriftMatrixResult {
  return callNative(() => binding().driftMatrix(values, windows, [...conventions], withP));
}
