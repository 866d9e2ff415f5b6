import type { CandidateContext, Decision, SlotContext } from '@tidemark/contracts';

/** Freeze, pin, latches and blocks of an agent in the current world. */
export interface AgentControls {
  readonly frozen?: string;
  readonly pinned?: string;
  readonly latched: readonly string[];
  readonly blocked?: string;
}

export interface ControlReader {
  of(agent: string): Promise<AgentControls>;
  /** Keeps an artifact out of Production until it is released by hand. */
  latch(
    agent: string,
    version: { readonly artifactSha256: string; readonly version: string },
    reason: string,
  ): Promise<void>;
}

export const CONTROLS = Symbol('CONTROLS');

/**
 * Decides and stores: context, its hash, the policy's hash and the result, in the unit of work it runs in. The same slot
 * decides once: a second call returns the stored decision.
 */
export interface Decider {
  slot(context: SlotContext): Promise<Decision>;
  candidate(context: CandidateContext, jobId?: string): Promise<Decision>;
  /**
   * Stored decisions of an agent that asked for something (action other than `none`), oldest first; of one slot the
   * training before its outcome. Timeline: default the current one.
   */
  acted(agent: string, timeline?: string): Promise<Decision[]>;
}

export const DECIDER = Symbol('DECIDER');

export interface AuditReport {
  readonly checked: number;
  /** One line a decision that does not stand, naming it and what is wrong. */
  readonly differing: string[];
}

export interface AuditedDecision {
  readonly decision: Decision;
  readonly context: Readonly<Record<string, unknown>>;
  /** When it was stored, by the clock of its world. */
  readonly at: Date;
  readonly problems: readonly string[];
}

/** Derives every decision of a timeline again from its stored context, and checks that the context is the one hashed. */
export interface DecisionAudit {
  verifyAll(timeline: string): Promise<AuditReport>;
  /** Decisions of an agent on the current timeline with slots in [from, to), oldest first, and what is wrong with each. */
  verify(agent: string, from: Date, to: Date): Promise<AuditedDecision[]>;
}

export const DECISION_AUDIT = Symbol('DECISION_AUDIT');

export { canonicalJson, policyHash } from '../canonical-json.js';
export { assertLivePolicy } from '../decide/gates-on-live.js';
