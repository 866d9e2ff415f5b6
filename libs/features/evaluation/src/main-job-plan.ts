import { policySchema, type Agent, type JobKind, type Policy } from '@tidemark/contracts';
import type { NewJob } from '@tidemark/jobs';

/** Names of the timelines of one main job: the policy's own, and those it is compared with. */
export interface MainTimelines {
  readonly policy: string;
  readonly once: string;
  readonly always: string;
  readonly gated: string;
}

/** Kinds of the jobs of one agent's chain, in order, with the share of its progress bar each fills. */
const SHARES: readonly (readonly [JobKind, number])[] = [
  ['ingest', 0.02],
  ['replay', 0.5],
  ['replay', 0.1],
  ['replay', 0.18],
  ['replay', 0.18],
  ['table', 0.02],
];

export function timelinesOf(policy: string): MainTimelines {
  return { policy, once: `${policy}-once`, always: `${policy}-always`, gated: `${policy}-gated` };
}

/** Ingest, the replay under the agent's own policy, rows 3 to 5 of the table, and the table itself: one after the other. */
export function chainOf(agent: Agent, timelines: MainTimelines, batch: string, isLive: boolean): NewJob {
  const name = agent.agent;
  const comparison = (timeline: string, policy: Policy): { kind: 'replay'; payload: Record<string, unknown> } => ({
    kind: 'replay',
    payload: { agent: name, timeline, purpose: 'comparison', policy },
  });
  return {
    kind: 'ingest',
    agent: name,
    batch,
    payload: { agent: name },
    followUp: [
      {
        kind: 'replay',
        payload: { agent: name, timeline: timelines.policy, purpose: isLive ? 'live' : 'replay' },
      },
      comparison(timelines.once, comparisonPolicy('once', { once: true })),
      comparison(timelines.always, comparisonPolicy('always', {})),
      comparison(timelines.gated, comparisonPolicy('gated', { newRecipe: 'superiority' })),
      { kind: 'table', payload: { agent: name, timelines } },
    ],
  };
}

/** Every 63 bars all families compete; nothing is watched and nothing is rolled back. */
function comparisonPolicy(
  name: string,
  { once = false, newRecipe = 'none' }: { once?: boolean; newRecipe?: 'none' | 'superiority' },
): Policy {
  return policySchema.parse({
    name,
    triggers: [{ kind: 'calendar', everyBars: 63 }],
    once,
    newRecipeEveryBars: 1,
    gates: { newRecipe, refit: 'none' },
    rollback: { onLossAlarm: false },
    watch: false,
  });
}

/** Progress of one agent's chain from the fractions of its jobs, oldest first. */
export function chainProgress(fractions: readonly number[]): number {
  return SHARES.reduce((sum, [, share], index) => sum + share * (fractions[index] ?? 0), 0);
}
