import type { Agent, ResultRow, RowComparison } from '@tidemark/contracts';
import { lossDifference } from './loss-difference.js';
import { losses } from './result-row.js';
import { horizonOf, type Span, type SpanOutputs } from './scored-span.js';

/** Rows that are held against each other, beside each one against the baseline. */
const PAIRS: readonly (readonly [RowComparison['of'], RowComparison['against']])[] = [
  ['gated', 'always'],
  ['policy', 'once'],
  ['policy', 'gated'],
];

export function compareRows(
  agent: Agent,
  span: Span,
  served: ReadonlyMap<ResultRow['kind'], SpanOutputs>,
): RowComparison[] {
  return PAIRS.flatMap(([of, against]) => {
    const [own, other] = [served.get(of), served.get(against)];
    if (own === undefined || other === undefined) return [];
    const test = lossDifference(losses(agent, span, own), losses(agent, span, other), horizonOf(agent));
    return [{ of, against, ...test }];
  });
}
