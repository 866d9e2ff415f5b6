import { asks, silent } from '../rule.js';
import { figure } from '../words.js';
import type { JudgeTrigger } from './trigger.js';

/** Against the serving version's own first window, not against the baseline: a market that got harder fires it as well. */
export const degradation: JudgeTrigger<'degradation'> = ({ share }, { policy, degradation: risen }) => {
  if (!policy.watch) return silent('the policy does not watch its monitors');
  if (risen === undefined) return silent('the serving version has no two windows to compare yet');
  const why = `loss changed by ${figure(risen * 100)} % of its first window, limit ${figure(share * 100)} %`;
  return risen > share ? asks(why) : silent(why);
};
