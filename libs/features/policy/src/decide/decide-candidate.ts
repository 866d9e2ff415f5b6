import type { CandidateContext, DecisionResult } from '@tidemark/contracts';
import { freeze, pin } from './by-hand.js';
import { gate } from './candidate/gate.js';
import { latch } from './candidate/latch.js';
import { novelty } from './candidate/novelty.js';
import { reconciliation } from './candidate/reconciliation.js';
import { training } from './candidate/training.js';
import { gatesOnLive } from './gates-on-live.js';
import { firstForbidding, lookAt } from './rule.js';

/** Asked in this order; the first that forbids gives the reason. */
const RULES = [training, novelty, gate, latch, reconciliation, freeze, pin];

/** Whether what a training left may serve: promote it, or refuse. A pure function of its context. */
export function decideCandidate(context: CandidateContext): DecisionResult {
  const gates = lookAt([gatesOnLive], context);
  const rules = [...gates, ...lookAt(RULES, context)];
  const paused = firstForbidding(gates);
  if (paused !== undefined) return { action: 'pause', reason: paused.why, rules };
  const refused = firstForbidding(rules);
  if (refused !== undefined || context.candidate === undefined) {
    return { action: 'refuse', reason: refused?.why ?? 'there is no candidate', rules };
  }
  return { action: 'promote', reason: context.gate?.reason ?? 'gate passed', target: context.candidate, rules };
}
