import { firing, firingWords, quietWords } from '../alarms.js';
import { asks, silent } from '../rule.js';
import type { JudgeTrigger } from './trigger.js';

export const lossAlarm: JudgeTrigger<'loss_alarm'> = (_, context) => {
  const alarms = firing(context, 'loss');
  return alarms.length === 0 ? silent(quietWords(context, 'loss')) : asks(firingWords(alarms));
};
