import type { SlotContext } from '@tidemark/contracts';
import { allows, forbids, type Rule } from '../rule.js';

export const once: Rule<SlotContext> = {
  name: 'once',
  judge: ({ policy, serving }) => {
    if (!policy.once) return allows('the policy may replace a trained version');
    return serving.isBaseline ? allows('no trained version serves yet') : forbids('a trained version serves');
  },
};
