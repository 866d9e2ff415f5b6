import type { CandidateContext, Policy, SlotContext } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { allows, forbids, type Rule } from './rule.js';

const CODE = 'POLICY_GATE_NONE_ON_LIVE';
const WORDS = 'what serves is replaced through a gate, and gate none is for comparisons in replays';

/** Whoever loads a policy for the timeline that serves asks here first. @throws POLICY_GATE_NONE_ON_LIVE */
export function assertLivePolicy(policy: Policy): void {
  const gates = gatesWithout(policy);
  if (gates.length === 0) return;
  throw callerError(CODE, `The policy ${policy.name} has no gate for ${gates.join(' and ')}: ${WORDS}.`, {
    status: 409,
    details: { policy: policy.name, gates },
  });
}

/** The second lock: a policy without gates never acts on what serves, however it got there. */
export const gatesOnLive: Rule<Pick<SlotContext | CandidateContext, 'policy' | 'timeline'>> = {
  name: 'gates',
  judge: ({ policy, timeline }) => {
    const { newRecipe, refit } = policy.gates;
    if (timeline === 'live' && gatesWithout(policy).length > 0) return forbids(`${CODE}: ${WORDS}`);
    return allows(`new recipe: ${newRecipe}, refit: ${refit}`);
  },
};

function gatesWithout({ gates }: Policy): string[] {
  return [...(gates.newRecipe === 'none' ? ['a new recipe'] : []), ...(gates.refit === 'none' ? ['a refit'] : [])];
}
