import { firing, firingWords, quietWords } from '../alarms.js';
import { asks, silent } from '../rule.js';
import type { JudgeTrigger } from './trigger.js';

/** Inputs that drift say nothing about the loss by themselves: by default a loss alarm must stand beside it. */
export const driftAlarm: JudgeTrigger<'drift_alarm'> = (trigger, context) => {
  const drifting = firing(context, 'features', 'predictions');
  if (drifting.length === 0) {
    return silent(`${quietWords(context, 'features')}; ${quietWords(context, 'predictions')}`);
  }
  const words = firingWords(drifting);
  if (trigger.with === 'nothing') return asks(words);
  const losing = firing(context, 'loss');
  if (losing.length === 0) return silent(`${words}; drift alone informs: ${quietWords(context, 'loss')}`);
  return asks(`${words}; ${firingWords(losing)}`);
};
