import type { SlotContext, Trigger } from '@tidemark/contracts';
import type { Saying } from '../rule.js';

/** Does this trigger of the policy ask for a retraining? */
export type JudgeTrigger<K extends Trigger['kind']> = (
  trigger: Extract<Trigger, { kind: K }>,
  context: SlotContext,
) => Saying;
