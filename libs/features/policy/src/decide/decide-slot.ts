import type { DecisionResult, RuleVerdict, SlotContext } from '@tidemark/contracts';
import { freeze, pin } from './by-hand.js';
import { gatesOnLive } from './gates-on-live.js';
import { budget } from './limits/budget.js';
import { coolDown } from './limits/cool-down.js';
import { minGap } from './limits/min-gap.js';
import { once } from './limits/once.js';
import { recipeOf } from './recipe.js';
import { rollback, rollbackTarget } from './rollback.js';
import { firstForbidding, lookAt } from './rule.js';
import { triggersOf } from './triggers/index.js';

/**
 * What to do at a slot: put a safer version back, train, pause because a person said so, or nothing. A pure function of
 * its context; it never promotes, since nothing new exists before a training has ended.
 */
export function decideSlot(context: SlotContext): DecisionResult {
  const gates = lookAt([gatesOnLive], context);
  const byHand = lookAt([freeze, pin], context);
  const urgent = lookAt([rollback], context);
  const standing = [...gates, ...byHand, ...urgent];
  const refused = firstForbidding(gates);
  if (refused !== undefined) return { action: 'pause', reason: refused.why, rules: gates };
  if (urgent.some(({ verdict }) => verdict === 'asks')) {
    return { ...rollBack(context, urgent[0]!, firstForbidding(byHand)), rules: standing };
  }
  const triggers = lookAt(triggersOf(context.policy), context);
  const limits = lookAt([once, budget, coolDown, minGap], context);
  return { ...retrain(context, triggers, { byHand, limits }), rules: [...standing, ...triggers, ...limits] };
}

type Outcome = Omit<DecisionResult, 'rules'>;

function rollBack(context: SlotContext, asking: RuleVerdict, hand: RuleVerdict | undefined): Outcome {
  const { serving } = context;
  const { version, why } = rollbackTarget(context);
  const move = `${serving.version} goes back to ${version.version}, ${why}`;
  if (hand !== undefined) return { action: 'pause', reason: `${hand.why}; otherwise ${asking.why}; ${move}` };
  return { action: 'rollback', reason: `${asking.why}; ${move}`, target: version, latch: serving.artifactSha256 };
}

/** The policy's own limits come first: a pause says that nothing but a person stands in the way. */
function retrain(
  context: SlotContext,
  triggers: readonly RuleVerdict[],
  { byHand, limits }: { readonly byHand: readonly RuleVerdict[]; readonly limits: readonly RuleVerdict[] },
): Outcome {
  const asking = triggers.filter(({ verdict }) => verdict === 'asks').map(({ rule, why }) => `${rule}: ${why}`);
  if (asking.length === 0) return { action: 'none', reason: `nothing asks for a retraining: ${triggers[0]!.why}` };
  const asked = asking.join('; ');
  const limit = firstForbidding(limits);
  if (limit !== undefined) return { action: 'none', reason: `not now: ${limit.why} (asked by ${asked})` };
  const hand = byHand.find(({ rule, verdict }) => verdict === 'forbids' && !(rule === pin.name && context.manual));
  if (hand !== undefined) return { action: 'pause', reason: `${hand.why}; otherwise a retraining (asked by ${asked})` };
  const { mode, why } = recipeOf(context);
  const what = mode === 'refit' ? 'refit of the serving recipe' : 'new recipe';
  return { action: 'retrain', reason: `${asked}; ${what}: ${why}`, mode };
}
