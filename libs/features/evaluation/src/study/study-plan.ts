import { policySchema, type Agent, type Policy, type StudyPayload, type StudySizes } from '@tidemark/contracts';
import type { FollowUp, NewJob } from '@tidemark/jobs';
import { callerError } from '@tidemark/kernel';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { firstReplayRow } from '@tidemark/training/read';
import { eventTimeOf } from './markets.js';
import { worldsOf, type World } from './worlds.js';

export interface StudyPlan {
  readonly study: string;
  readonly agent: Agent;
  readonly sizes: StudySizes;
  /** The agent's bars as known when the study was asked for. */
  readonly known: SeriesSnapshot;
  readonly asOf: Date;
  /** Days; default the agent's own, and the last bar. */
  readonly from?: string;
  readonly to?: string;
}

export const gridTimeline = (study: string): string => `${study}-grid`;
export const startTimeline = (study: string, index: number): string => `${study}-start-${index}`;
export const worldTimeline = (study: string, { name }: Pick<World, 'name'>): string => `${study}-${name}`;

const DAY = 'YYYY-MM-DD'.length;

/**
 * The jobs of one agent, one after the other: simulate, replay the policy and the fits of the placebo's grid, the simulated
 * markets, the policy from other starts, and measure. What has succeeded is not done again when a later one fails.
 */
export function studyChain(plan: StudyPlan, batch: string): NewJob {
  const { agent, study, sizes, known } = plan;
  const [first, ...others] = startDays(plan);
  const span = (from: string): Record<string, unknown> => ({ from, to: plan.to ?? agent.replay.to });
  const real = (timeline: string, from: string, policy?: Policy): FollowUp =>
    replay({ agent: agent.agent, timeline, ...span(from), policy });
  const steps = [
    real(startTimeline(study, 0), first!),
    real(gridTimeline(study), first!, gridPolicy(agent.policy, sizes.gridBars)),
    ...worldsOf(agent, sizes, known).map((world) => replay(worldReplay(plan, world))),
    ...others.map((from, index) => real(startTimeline(study, index + 1), from)),
  ];
  const payload = (part: StudyPayload['part']): StudyPayload => ({
    agent: agent.agent,
    study,
    part,
    asOf: plan.asOf.toISOString(),
    steps: steps.length + 2,
    sizes,
  });
  const followUp = [...steps, { kind: 'study', payload: payload('report') } as const];
  return { kind: 'study', agent: agent.agent, batch, payload: payload('worlds'), followUp };
}

function replay(payload: Record<string, unknown>): FollowUp {
  const given = Object.entries(payload).filter(([, value]) => value !== undefined);
  return { kind: 'replay', payload: { ...Object.fromEntries(given), purpose: 'comparison' } };
}

/** Simulated by the first job of the chain: when its bars are is known without them. */
function worldReplay({ study, sizes }: StudyPlan, world: World): Record<string, unknown> {
  const from = eventTimeOf(sizes.warmUpBars).toISOString().slice(0, DAY);
  return { agent: world.agent, timeline: worldTimeline(study, world), from };
}

/** Days of the bars at which the policy begins: the agent's own first one, and so many bars later each time. */
function startDays({ agent, sizes, known, from = agent.replay.from, to }: StudyPlan): string[] {
  const dayOf = (row: number): string => new Date(known.bars[row * BAR_WIDTH]!).toISOString().slice(0, DAY);
  const row = firstReplayRow(agent, known, from);
  const rows = Array.from({ length: sizes.starts }, (_, index) => row + index * sizes.startStepBars);
  const last = rows.at(-1)!;
  if (last < known.rows && (to === undefined || dayOf(last) <= to)) return rows.map(dayOf);
  throw callerError(
    'STUDY_WITHOUT_BARS',
    `${agent.agent} has ${known.rows} bars, too few for a study of this span: ingest them first (\`npx tidemark bars ingest ${agent.agent}\`), or begin earlier.`,
    { details: { agent: agent.agent, bars: known.rows } },
  );
}

/** The policy's own recipes at every bar of the grid, each one into Production: the fits that calendars are drawn from. */
function gridPolicy(policy: Policy, everyBars: number): Policy {
  return policySchema.parse({
    name: 'grid',
    triggers: [{ kind: 'calendar', everyBars }],
    minGapBars: Math.min(policy.minGapBars, everyBars),
    newRecipeEveryBars: policy.newRecipeEveryBars,
    budget: { fitsPerReplay: 10_000, fitsPerYear: 10_000 },
    gates: { newRecipe: 'none', refit: 'none', refitBars: policy.gates.refitBars },
    rollback: { onLossAlarm: false },
    trainingLagBars: policy.trainingLagBars,
    watch: false,
  });
}
