import { directionFamilies, volatilityFamilies, type Agent, type Family, type TrainPayload } from '@tidemark/contracts';
import { callerError, liveTimeline } from '@tidemark/kernel';
import { MARGINS } from './gate-rules.js';
import type { GateRule } from './gate.js';

/** A payload with everything decided that it leaves to the agent. */
export interface TrainOrder {
  readonly agent: Agent;
  readonly seed: number;
  readonly mode: 'new_recipe' | 'refit' | 'baseline';
  /** Families that compete as a new recipe. */
  readonly families: readonly Family[];
  readonly rule: GateRule;
  /** Newest matured bars that a refit is compared on. */
  readonly refitBars: number;
  /** Whether a passing version is promoted here, or by the policy's decision afterwards. */
  readonly promote: 'if_passed' | 'by_policy';
  readonly bump?: 'patch';
}

/** @throws FAMILY_OF_ANOTHER_TASK, GATE_NONE_ON_LIVE, GATE_OF_ANOTHER_MODE */
export function trainOrder(agent: Agent, payload: TrainPayload): TrainOrder {
  const { mode = 'new_recipe', promote = 'if_passed', seed = agent.seed, bump } = payload;
  const { refitBars } = agent.policy.gates;
  return {
    agent,
    seed,
    mode,
    families: wantedFamilies(agent, payload),
    rule: ruleOf(agent, mode, payload),
    refitBars: payload.refitBars ?? refitBars,
    promote,
    bump,
  };
}

/** The families a training fits: the agent's, or those asked for, each once. */
function wantedFamilies(agent: Agent, payload: TrainPayload): Family[] {
  const wanted = [...new Set(payload.families ?? agent.families)];
  const known: readonly Family[] = agent.task === 'direction' ? directionFamilies : volatilityFamilies;
  const astray = wanted.filter((family) => !known.includes(family));
  if (astray.length === 0) return wanted;
  throw callerError(
    'FAMILY_OF_ANOTHER_TASK',
    `${astray.join(', ')} cannot be trained for ${agent.agent}: a ${agent.task} agent can use ${known.join(', ')}.`,
    { details: { agent: agent.agent, families: astray, known } },
  );
}

function ruleOf(agent: Agent, mode: TrainOrder['mode'], payload: TrainPayload): GateRule {
  const kind = payload.gate ?? (mode === 'refit' ? 'non_inferiority' : 'superiority');
  if (kind === 'none' && (payload.timeline ?? liveTimeline()) === liveTimeline()) {
    throw callerError(
      'GATE_NONE_ON_LIVE',
      `What serves is replaced through a gate: gate none is for comparisons on a timeline other than ${liveTimeline()}.`,
      { details: { agent: agent.agent } },
    );
  }
  if (kind !== 'non_inferiority') return { kind };
  if (mode === 'refit') {
    return { kind, margin: payload.margin ?? agent.policy.gates.margin ?? MARGINS[agent.task] };
  }
  throw callerError(
    'GATE_OF_ANOTHER_MODE',
    'A new recipe must be shown to be better: gate non_inferiority is for refits. Ask for superiority.',
    { details: { agent: agent.agent } },
  );
}
