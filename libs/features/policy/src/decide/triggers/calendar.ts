import { asks, silent } from '../rule.js';
import { count } from '../words.js';
import type { JudgeTrigger } from './trigger.js';

/** Counts from the last fit, or from the loop's first bar where nothing has been fitted. */
export const calendar: JudgeTrigger<'calendar'> = ({ everyBars }, { bars }) => {
  const passed = bars.sinceFit ?? bars.sinceStart;
  const since = bars.sinceFit === undefined ? 'the loop began' : 'the last fit';
  const why = `${count(passed, 'bar')} since ${since}, due every ${everyBars}`;
  return passed >= everyBars ? asks(why) : silent(why);
};
