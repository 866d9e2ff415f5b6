import type { Agent, Decision, Job, Monitors, Policy } from '@tidemark/contracts';
import type { LoopSlot } from '../due-slots.js';
import type { LoopPolicy, LoopStateName, StoredLoop } from '../loop.repository.js';

export {
  LOOP_SCHEDULES,
  dueSlots,
  firstSlotFrom,
  type DueSlot,
  type LoopSchedule,
  type LoopSlot,
} from '../due-slots.js';
export { fitJobId, hasEnded, isDataFailure } from '../fit-orders.js';
export type { LoopPolicy, LoopStateName, StoredLoop } from '../loop.repository.js';

/** What a slot did: `skipped` without anything new to look at. */
export interface SlotRun {
  readonly slot: LoopSlot;
  readonly state: 'done' | 'skipped';
  readonly outcome: string;
  /** Bars that were observed. */
  readonly bars: number;
  /** With a retrain slot. One that asks for a training has asked for it. */
  readonly decision?: Decision;
  /** About a candidate that had to wait for its bars. */
  readonly concluded?: Decision;
}

/** What an agent's loop has done since it began. */
export interface LoopSummary {
  readonly bars: number;
  readonly fits: number;
  readonly promotions: number;
  readonly refusals: number;
  readonly rollbacks: number;
}

/**
 * The loop of one agent in the world it was opened in: what live slots and replays step through. Everything it remembers
 * follows from what is stored, so that one opened anew goes on as the one before would have. Whatever it writes joins the
 * unit of work of its caller; after a failure of one it is worth nothing and has to be opened again.
 */
export interface AgentLoop {
  /** Acts on a slot. They come in order of time. */
  run(slot: LoopSlot, options?: { readonly manual?: boolean }): Promise<SlotRun>;
  /** Writes what became of the slots run since, and how far the loop has come. */
  save(): Promise<void>;
  /** Decisions whose training nobody has decided about, oldest first. */
  readonly open: readonly Decision[];
  /** The policy may decide now about what a training left; with a training lag only so many bars later. */
  isDue(decision: Decision): boolean;
  /** Lets the policy decide about a training that has ended, and promotes what it says. */
  conclude(decision: Decision, job: Job): Promise<Decision>;
  /** Version that serves. */
  readonly serving: string;
  /** Event time of the newest observed bar. */
  readonly lastBar: Date | undefined;
  summary(): Promise<LoopSummary>;
  dispose(): void;
}

export interface LoopRules {
  readonly policy: Policy;
  readonly monitors: Monitors;
  /** What it decides about serves callers. */
  readonly isLive: boolean;
}

/** Loops of the current world's timeline. */
export interface Loops {
  find(agent: string): Promise<StoredLoop | undefined>;
  /** Undefined where the agent has no loop. Timeline: default the current one. */
  policyOf(agent: string, timeline?: string): Promise<LoopPolicy | undefined>;
  /** Does nothing when there is one. */
  create(agent: string, loop: StoredLoop): Promise<void>;
  /** `why`: with `halted`. */
  setState(
    agent: string,
    state: LoopStateName,
    why?: { readonly code: string; readonly message: string },
  ): Promise<void>;
  /** @throws NOT_READY while the agent has nothing in Production; LOOP_MISSING; POLICY_GATE_NONE_ON_LIVE */
  open(agent: Agent, rules: LoopRules): Promise<AgentLoop>;
  /** Asks once per `id` for the naive baseline, fitted as of an instant and put into Production. */
  orderBaseline(agent: Agent, asOf: Date, id: string): Promise<Job>;
}

export const LOOPS = Symbol('LOOPS');
