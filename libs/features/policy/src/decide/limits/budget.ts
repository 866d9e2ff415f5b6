import type { SlotContext } from '@tidemark/contracts';
import { allows, forbids, type Rule } from '../rule.js';

/** Every further fit is another chance to be lucky, so they are counted: over a replay, or over a year of live. */
export const budget: Rule<SlotContext> = {
  name: 'budget',
  judge: ({ timeline, fits, policy }) => {
    const { fitsPerReplay, fitsPerYear } = policy.budget;
    const [spent, limit, span] =
      timeline === 'live' ? [fits.lastYear, fitsPerYear, 'this year'] : [fits.total, fitsPerReplay, 'this replay'];
    const why = `${spent} of ${limit} fits ${span}`;
    return spent < limit ? allows(why) : forbids(why);
  },
};
