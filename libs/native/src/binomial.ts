import { binding } from './addon.js';
import type { BinomialTails } from './binding.js';
import { callNative } from './errors.js';

/**
 * Exact one-sided p-values of a count: `atLeast` is P(X ≥ successes), `atMost` is P(X ≤ successes).
 * @throws COUNTS_INVALID, VALUE_OUT_OF_RANGE
 */
export function binomialTails(successes: number, trials: number, probability: number): BinomialTails {
  return callNative(() => binding().binomialTails(successes, trials, probability));
}
