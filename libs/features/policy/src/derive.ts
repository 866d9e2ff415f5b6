import {
  candidateContextSchema,
  slotContextSchema,
  type CandidateContext,
  type Decision,
  type DecisionResult,
  type SlotContext,
} from '@tidemark/contracts';
import { defect } from '@tidemark/kernel';
import type { z } from 'zod';
import { decideCandidate } from './decide/decide-candidate.js';
import { decideSlot } from './decide/decide-slot.js';

export type DecisionKind = Decision['kind'];
export type DecisionContext = SlotContext | CandidateContext;

/**
 * The decision that a context leads to: when it is made and when it is explained, by this one way from stored JSON.
 * @throws DECISION_CONTEXT_INVALID
 */
export function derive(kind: DecisionKind, stored: unknown): DecisionResult {
  return kind === 'slot'
    ? decideSlot(read(slotContextSchema, stored))
    : decideCandidate(read(candidateContextSchema, stored));
}

function read<S extends z.ZodType>(schema: S, stored: unknown): z.infer<S> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw defect('DECISION_CONTEXT_INVALID', `This is no context of a decision: ${problems.join('; ')}.`, {
    details: { problems },
  });
}
