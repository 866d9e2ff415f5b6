import type { SlotContext } from '@tidemark/contracts';
import { allows, forbids, type Rule } from '../rule.js';
import { count } from '../words.js';

export const minGap: Rule<SlotContext> = {
  name: 'min_gap',
  judge: ({ bars: { sinceFit }, policy: { minGapBars }, manual }) => {
    if (sinceFit === undefined) return allows('nothing has been fitted yet');
    const why = `${count(sinceFit, 'bar')} since the last fit, at least ${minGapBars}`;
    if (sinceFit >= minGapBars) return allows(why);
    return manual === true ? allows(`${why}; a request by hand does not wait`) : forbids(why);
  },
};
