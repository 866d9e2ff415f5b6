import { binding } from './addon.js';
import type { BacktestFigures, BacktestOptions, ValueAtRiskFigures } from './binding.js';
import { callNative } from './errors.js';

export type LossName = 'log_loss' | 'qlike';

/**
 * Loss of every row. `log_loss`: probabilities of a label of 1, truth 0 or 1. `qlike`: forecasts of the standard deviation
 * of the next log return (what volatility models give), truth its square.
 */
export function lossPerRow(loss: LossName, predictions: Float64Array, truth: Float64Array): Float64Array {
  return callNative(() =>
    loss === 'log_loss' ? binding().logLossPerRow(predictions, truth) : binding().qlikePerRow(predictions, truth),
  );
}

export interface DirectionBacktest extends BacktestOptions {
  /** Closes of consecutive bars. */
  readonly closes: Float64Array;
  /** Probability of a rise after each of them; NaN abstains. */
  readonly probabilities: Float64Array;
}

/** Positions from daily probabilities, marked every bar, net of cost. */
export function backtestDirection({ closes, probabilities, ...options }: DirectionBacktest): BacktestFigures {
  return callNative(() => binding().backtestDirection(closes, probabilities, options));
}

/** Exact interval of a success probability (Clopper and Pearson, 1934). */
export function binomialInterval(successes: number, trials: number, confidence: number): [low: number, high: number] {
  const { low, high } = callNative(() => binding().binomialInterval(successes, trials, confidence));
  return [low, high];
}

/**
 * How a value at risk held up on consecutive bars: returns and values at risk (positive losses) in the same unit, and the
 * stated probability of a loss beyond it. Judges the span as a whole; its p-values are no alarm to re-run every bar.
 */
export function valueAtRiskReport(
  returns: Float64Array,
  valuesAtRisk: Float64Array,
  probability: number,
): ValueAtRiskFigures {
  return callNative(() => binding().valueAtRiskReport(returns, valuesAtRisk, probability));
}
