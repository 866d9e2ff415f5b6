import type { CandidateContext, Decision, Job, SlotContext } from '@tidemark/contracts';
import { toVersionFacts } from '@tidemark/registry/read';
import type { LoopMemory, LoopServices } from './loop-parts.js';
import type { LoopRules } from './read/index.js';

/** What a decision may be told, and by whom. */
export interface ContextSource {
  readonly agent: string;
  readonly rules: LoopRules;
  readonly services: LoopServices;
  readonly memory: LoopMemory;
}

export interface SlotQuestion {
  readonly slotAt: Date;
  readonly lastBar: Date;
  readonly manual: boolean;
}

export interface CandidateQuestion {
  readonly decision: Decision;
  /** The training it asked for, which has ended. */
  readonly job: Job;
  readonly slotAt: Date;
}

/** Everything the policy may know at a slot. */
export async function slotContext(
  source: ContextSource,
  { slotAt, lastBar, manual }: SlotQuestion,
): Promise<SlotContext> {
  const { agent, memory, rules } = source;
  const { session, counts, production } = memory;
  return {
    schema: 1,
    agent,
    timeline: rules.isLive ? 'live' : 'replay',
    slotAt: slotAt.toISOString(),
    asOf: lastBar.toISOString(),
    policy: rules.policy,
    ...production,
    bars: counts.bars(),
    fits: counts.fits(slotAt),
    alarms: session.alarms(),
    degradation: session.degradation(),
    againstServing: await againstServing(memory),
    controls: await controlsOf(source),
    ...(manual ? { manual } : {}),
  };
}

/** Everything it may know about what a training left. */
export async function candidateContext(
  source: ContextSource,
  { decision, job, slotAt }: CandidateQuestion,
): Promise<CandidateContext> {
  const { agent, memory, rules, services } = source;
  const version = job.state === 'succeeded' ? await services.catalog.versionOfJob(job.id) : undefined;
  const failed = { code: `TRAINING_${job.state.toUpperCase()}`, message: 'the training left no version' };
  return {
    schema: 1,
    agent,
    timeline: rules.isLive ? 'live' : 'replay',
    slotAt: slotAt.toISOString(),
    asOf: (memory.lastBar ?? new Date(decision.asOf)).toISOString(),
    policy: rules.policy,
    mode: decision.result.mode ?? 'new_recipe',
    candidate: version && toVersionFacts(version),
    serving: memory.production.serving,
    gate: version?.gate,
    failed: version === undefined ? (job.error ?? failed) : undefined,
    controls: await controlsOf(source),
  };
}

/** Only while the loss of a trained version is alarming: it is what a rollback asks about. */
async function againstServing({ session, production }: LoopMemory): Promise<SlotContext['againstServing']> {
  const { serving, previous, baseline } = production;
  const isFiring = session.alarms().some(({ monitor, phase }) => monitor === 'loss' && phase === 'firing');
  if (!isFiring || serving.isBaseline) return undefined;
  return {
    previous: previous === undefined ? undefined : await session.compare(previous.artifactSha256),
    baseline: await session.compare(baseline.artifactSha256),
  };
}

async function controlsOf({ agent, services }: ContextSource): Promise<SlotContext['controls']> {
  const { latched, ...controls } = await services.controls.of(agent);
  return { ...controls, latched: [...latched].sort() };
}
