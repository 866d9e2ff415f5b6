import type { Policy, SlotContext, Trigger } from '@tidemark/contracts';
import { asks, silent, type Rule, type Saying } from '../rule.js';
import { calendar } from './calendar.js';
import { degradation } from './degradation.js';
import { driftAlarm } from './drift-alarm.js';
import { lossAlarm } from './loss-alarm.js';
import { newSamples } from './new-samples.js';
import type { JudgeTrigger } from './trigger.js';
import { volumeDrop } from './volume-drop.js';

const TRIGGERS: { readonly [K in Trigger['kind']]: JudgeTrigger<K> } = {
  calendar,
  loss_alarm: lossAlarm,
  drift_alarm: driftAlarm,
  new_samples: newSamples,
  volume_drop: volumeDrop,
  degradation,
};

const manual: Rule<SlotContext> = {
  name: 'manual',
  judge: (context) => (context.manual === true ? asks('asked for by hand') : silent('nobody asked by hand')),
};

/** The policy's triggers in its order, and the one every policy has. */
export function triggersOf({ triggers }: Policy): Rule<SlotContext>[] {
  return [...triggers.map(ruleOf), manual];
}

function ruleOf(trigger: Trigger): Rule<SlotContext> {
  // Its kind says which function takes it.
  const judge = TRIGGERS[trigger.kind] as (trigger: Trigger, context: SlotContext) => Saying;
  return { name: trigger.kind, judge: (context) => judge(trigger, context) };
}
