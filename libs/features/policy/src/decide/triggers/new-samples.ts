import { asks, silent } from '../rule.js';
import type { JudgeTrigger } from './trigger.js';

export const newSamples: JudgeTrigger<'new_samples'> = (trigger, { bars }) => {
  const arrived = bars.sinceFit ?? bars.sinceStart;
  const why = `${arrived} of ${trigger.count} new bars`;
  return arrived >= trigger.count ? asks(why) : silent(why);
};
