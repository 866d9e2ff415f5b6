import type { CandidateContext } from '@tidemark/contracts';
import { allows, forbids, type Rule } from '../rule.js';

/** While the log cannot be explained from the bars, nothing that was learnt from them is let in. */
export const reconciliation: Rule<CandidateContext> = {
  name: 'reconciliation',
  judge: ({ controls: { blocked } }) =>
    blocked === undefined ? allows('no unexplained difference') : forbids(`blocked by reconciliation: ${blocked}`),
};
