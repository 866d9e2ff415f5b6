import { Inject, Injectable } from '@nestjs/common';
import type { Agent, Decision, Job, Policy, TrainPayload } from '@tidemark/contracts';
import { JobStore } from '@tidemark/jobs';
import { currentTimeline, currentWorld, uuidOf } from '@tidemark/kernel';
import { DECIDER, type Decider } from '@tidemark/policy/read';

/**
 * Failures that say something about the data, and would come again: the policy decides about them as about any other
 * candidate. Whatever else ends a fit (limits, crashes, cancellations) says nothing about it.
 */
const DATA_FAILURES: ReadonlySet<string> = new Set([
  'TRAINING_INSUFFICIENT_DATA',
  'INSUFFICIENT_HISTORY',
  'INSUFFICIENT_LABELS',
  'NO_BARS',
  'REFIT_OF_BASELINE',
]);

export function isDataFailure(code: string): boolean {
  return DATA_FAILURES.has(code);
}

export function hasEnded({ state }: Job): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** The job of a decision's training, and a decision's only one. */
export function fitJobId(decision: Pick<Decision, 'id'>): string {
  return uuidOf('train', decision.id);
}

/** Trainings that decisions ask for, each asked for once, in the transaction that stores the decision. */
@Injectable()
export class FitOrders {
  constructor(
    private readonly jobs: JobStore,
    @Inject(DECIDER) private readonly decider: Decider,
  ) {}

  /** A replay concludes its trainings itself; live, a job that follows does. */
  async order(agent: Agent, decision: Decision, policy: Policy): Promise<Job> {
    const { agent: name } = agent;
    const timeline = currentTimeline();
    const follow = { kind: 'candidate', payload: { agent: name, timeline, decision: decision.id } } as const;
    return this.jobs.start({
      id: fitJobId(decision),
      kind: 'train',
      agent: name,
      payload: fitPayload(name, timeline, decision, policy),
      followUp: currentWorld()?.isReplay === true ? [] : [follow],
    });
  }

  /** Retrain decisions of an agent that no decision about their candidate has followed yet, oldest first. */
  async open(agent: string): Promise<Decision[]> {
    const acted = await this.decider.acted(agent);
    const concluded = new Set(acted.flatMap(({ kind, jobId }) => (kind === 'candidate' && jobId ? [jobId] : [])));
    return acted.filter((decision) => decision.action === 'retrain' && !concluded.has(fitJobId(decision)));
  }

  /** The training of a decision; undefined when it was never asked for. */
  async of(decision: Decision): Promise<Job | undefined> {
    return this.jobs.find(fitJobId(decision));
  }

  /** Registers the naive baseline as of an instant and puts it into Production. Asked for once per `id`. */
  async orderBaseline(agent: Agent, asOf: Date, id: string): Promise<Job> {
    const payload: TrainPayload = {
      agent: agent.agent,
      asOf: asOf.toISOString(),
      timeline: currentTimeline(),
      mode: 'baseline',
      promote: 'by_policy',
    };
    return this.jobs.start({ id, kind: 'train', agent: agent.agent, payload });
  }
}

function fitPayload(agent: string, timeline: string, decision: Decision, { gates }: Policy): TrainPayload {
  const { mode = 'new_recipe' } = decision.result;
  const common = { agent, asOf: decision.slotAt, timeline, mode, promote: 'by_policy', decision: decision.id } as const;
  if (mode === 'new_recipe') return { ...common, gate: gates.newRecipe };
  const margin = gates.refit === 'non_inferiority' ? gates.margin : undefined;
  return { ...common, gate: gates.refit, refitBars: gates.refitBars, ...(margin === undefined ? {} : { margin }) };
}
