import type { Agent } from '@tidemark/contracts';

/** The law of a simulated market, as far as a forecast can be right about it. */
export type Law =
  | { readonly task: 'direction'; readonly rise: number }
  /** Variance of the next bar's log return, by row. */
  | { readonly task: 'volatility'; readonly nextVariance: Float64Array };

/** Mean loss to be expected of answers on the given rows: no luck in it. */
export function expectedLoss(law: Law, answers: Float64Array, firstRow: number): number {
  const each = answers.map((answer, index) =>
    law.task === 'direction' ? logLoss(answer, law.rise) : qlike(answer, law.nextVariance[firstRow + index]!),
  );
  return each.reduce((sum, loss) => sum + loss, 0) / each.length;
}

function logLoss(probability: number, rise: number): number {
  return -(rise * Math.log(probability) + (1 - rise) * Math.log(1 - probability));
}

function qlike(volatility: number, variance: number): number {
  return 2 * Math.log(volatility) + variance / volatility ** 2;
}

/** `rises`: labels of the market. Without a drift both signs are as likely; days drawn at random rise as often as they do. */
export function lawOf(
  { task }: Pick<Agent, 'task'>,
  market: { readonly nextVariance: Float64Array; readonly isSymmetric: boolean },
  rises: Float64Array,
): Law {
  if (task === 'volatility') return { task, nextVariance: market.nextVariance };
  const known = rises.filter((rise) => !Number.isNaN(rise));
  return { task, rise: market.isSymmetric ? 0.5 : known.reduce((sum, rise) => sum + rise, 0) / known.length };
}
