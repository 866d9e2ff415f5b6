import type { SlotContext } from '@tidemark/contracts';
import { allows, forbids, type Rule } from '../rule.js';
import { count } from '../words.js';

export const coolDown: Rule<SlotContext> = {
  name: 'cool_down',
  judge: ({ bars: { sinceRollback }, policy: { cooldownBars }, manual }) => {
    if (sinceRollback === undefined) return allows('nothing has been rolled back');
    const why = `${count(sinceRollback, 'bar')} since the rollback, at least ${cooldownBars}`;
    if (sinceRollback >= cooldownBars) return allows(why);
    return manual === true ? allows(`${why}; a request by hand does not wait`) : forbids(why);
  },
};
