import type { GateEvidence, Task } from '@tidemark/contracts';
import { pairedLossTest, type PairedLossResult } from '@tidemark/native';

/** Fewest bars on which a refit is compared at all. */
export const MIN_REFIT_BARS = 20;

/**
 * Level of the upper bound of a refit's loss increase. With the critical values of 2.5 % a refit that is worse by just
 * the margin passes in 4.4–5.5 % of simulated samples of 63 bars; with those of 5 % in 6.6–9.5 %, since so few bars of
 * overlapping labels and persistent errors leave the variance understated (gate-rules.int-spec.ts, 4,000 draws).
 */
export const BOUND_ALPHA = 0.025;

/** Largest tolerable increase of a refit's mean loss: log loss, and QLIKE. */
export const MARGINS: Readonly<Record<Task, number>> = { direction: 0.005, volatility: 0.02 };

/** Losses of the same bars, in time order, none of which either side was fitted or chosen on. */
export interface PairedLosses {
  readonly candidate: Float64Array;
  readonly incumbent: Float64Array;
  /** Bars that a label runs over; sets the least bandwidth. */
  readonly horizon: number;
}

export interface SuperiorityRule {
  readonly alpha: number;
  readonly minBars: number;
}

export interface NonInferiorityRule {
  readonly margin: number;
  readonly minBars: number;
}

export type Judgement = Pick<GateEvidence, 'passed' | 'reason' | 'margin' | 'upperBound' | 'test'>;

/** A new recipe passes when its expected loss is shown to be lower: one-sided, HAC, fixed-b critical values. */
export function judgeSuperiority(losses: PairedLosses, rule: SuperiorityRule): Judgement {
  const { superior, test } = compare(losses, rule);
  return { passed: test.status === 'ok' && superior, reason: superiorityWords(test, superior), test };
}

/**
 * A refit passes when its expected loss is shown not to be higher by more than the margin: the one-sided upper bound of
 * the increase lies within it. An increase that is the same on every bar is its own bound.
 */
export function judgeNonInferiority(losses: PairedLosses, rule: NonInferiorityRule): Judgement {
  const { margin, minBars } = rule;
  const { upperBound, test } = compare(losses, { alpha: BOUND_ALPHA, minBars });
  if (upperBound === undefined) return { passed: false, reason: notComputed(test), margin, test };
  const passed = upperBound <= margin;
  const numbers = `Δloss at most ${upperBound.toPrecision(3)}, ${margin} allowed`;
  const reason = passed ? `not worse than the incumbent: ${numbers}` : `may be worse than the incumbent: ${numbers}`;
  return { passed, reason, margin, upperBound, test };
}

type Test = NonNullable<GateEvidence['test']>;

function compare(
  { candidate, incumbent, horizon }: PairedLosses,
  { alpha, minBars }: SuperiorityRule,
): Pick<PairedLossResult, 'superior' | 'upperBound'> & { readonly test: Test } {
  const result = pairedLossTest(candidate, incumbent, { horizon, alpha, minPairs: minBars });
  const { superior, upperBound, ...test } = result;
  return { superior, upperBound, test: { ...test, alpha } };
}

function superiorityWords(test: Test, superior: boolean): string {
  const { meanDifference, t, criticalValue } = test;
  if (test.status !== 'ok' || meanDifference === undefined || t === undefined || criticalValue === undefined)
    return notComputed(test);
  const numbers = `Δloss ${meanDifference.toPrecision(3)}, t ${t.toFixed(2)} against ${(-criticalValue).toFixed(2)}`;
  return superior ? `better than the incumbent: ${numbers}` : `not shown to be better than the incumbent: ${numbers}`;
}

function notComputed({ status }: Test): string {
  return status === 'degenerate'
    ? 'the candidate’s losses differ from the incumbent’s by the same amount on every bar: nothing to test'
    : `the comparison cannot be computed: ${status}`;
}
