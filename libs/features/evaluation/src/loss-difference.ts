import type { ResultRow } from '@tidemark/contracts';
import { pairedLossTest } from '@tidemark/native';

/** Each side of the two-sided 5 % at which a difference counts as shown. */
const ONE_SIDE = 0.025;
/** Normal quantile of 80 %: the power at which the smallest detectable difference is stated. */
const Z_POWER = 0.8416212335729143;

export type LossDifference = Pick<ResultRow, 'deltaLoss' | 'deltaT' | 'deltaCritical' | 'smallestDetectable'>;

/** Paired difference of losses on the same rows with its HAC test. Too few rows give a difference without a test. */
export function lossDifference(own: Float64Array, other: Float64Array, horizon: number): LossDifference {
  const test = pairedLossTest(own, other, { horizon, alpha: ONE_SIDE });
  if (test.status === 'insufficient') return own.length === 0 ? {} : { deltaLoss: meanDifference(own, other) };
  if (test.criticalValue === undefined || test.standardError === undefined) return { deltaLoss: test.meanDifference };
  return {
    deltaLoss: test.meanDifference,
    deltaT: test.t,
    deltaCritical: test.criticalValue,
    smallestDetectable: (test.criticalValue + Z_POWER) * test.standardError,
  };
}

/** Two-sided 5 % with the fixed-b critical value of the comparison's own length. */
export function isShown({ deltaT, deltaCritical }: LossDifference): boolean {
  return deltaT !== undefined && deltaCritical !== undefined && Math.abs(deltaT) >= deltaCritical;
}

function meanDifference(own: Float64Array, other: Float64Array): number {
  return own.reduce((sum, value, row) => sum + value - other[row]!, 0) / own.length;
}
