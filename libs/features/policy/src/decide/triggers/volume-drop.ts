import { firing, firingWords, quietWords } from '../alarms.js';
import { asks, silent } from '../rule.js';
import type { JudgeTrigger } from './trigger.js';

export const volumeDrop: JudgeTrigger<'volume_drop'> = (_, context) => {
  const alarms = firing(context, 'volume');
  return alarms.length === 0 ? silent(quietWords(context, 'volume')) : asks(firingWords(alarms));
};
