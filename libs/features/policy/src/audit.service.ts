import { Injectable } from '@nestjs/common';
import type { Decision, DecisionResult, Explanation } from '@tidemark/contracts';
import { toTidemarkError } from '@tidemark/kernel';
import { canonicalJson, canonicalSha256 } from './canonical-json.js';
import { DecisionRepository, type DecisionKey, type StoredDecision } from './decision.repository.js';
import { derive } from './derive.js';
import type { AuditReport, AuditedDecision, DecisionAudit } from './read/index.js';

const BATCH = 500;

/** Derives stored decisions again from their stored contexts, by the code that runs now. */
@Injectable()
export class AuditService implements DecisionAudit {
  constructor(private readonly decisions: DecisionRepository) {}

  /** @throws DECISION_UNKNOWN */
  async explain(id: string): Promise<Explanation> {
    return explain(await this.decisions.get(id));
  }

  async verifyAll(timeline: string): Promise<AuditReport> {
    const differing: string[] = [];
    let checked = 0;
    let before: DecisionKey | undefined;
    do {
      const rows = (await this.decisions.pageWithContexts({ timeline, before, limit: BATCH })).slice(0, BATCH);
      differing.push(...rows.flatMap(differenceOf));
      checked += rows.length;
      const last = rows.length === BATCH ? rows.at(-1)!.decision : undefined;
      before = last && [new Date(last.slotAt), last.agent, last.kind];
    } while (before !== undefined);
    return { checked, differing };
  }

  async verify(agent: string, from: Date, to: Date): Promise<AuditedDecision[]> {
    const rows = await this.decisions.between(agent, from, to);
    return rows.map((stored) => ({ ...stored, problems: problemsOf(stored) }));
  }
}

function explain({ decision, context }: StoredDecision): Explanation {
  const contextIntact = canonicalSha256(context) === decision.contextSha256;
  let derived: DecisionResult;
  try {
    derived = derive(decision.kind, context);
  } catch (error) {
    return { decision, context, problem: toTidemarkError(error).message, same: false, contextIntact };
  }
  const same = canonicalJson(derived) === canonicalJson(decision.result) && isListedAsStored(decision);
  return { decision, context, derived, same, contextIntact };
}

/** The columns that lists are made from say what the stored result says. */
function isListedAsStored({ action, reason, result }: Decision): boolean {
  return result.action === action && result.reason === reason;
}

function differenceOf(stored: StoredDecision): string[] {
  const problems = problemsOf(stored);
  if (problems.length === 0) return [];
  const { agent, kind, slotAt, id } = stored.decision;
  return [`${agent} ${kind} ${slotAt} (${id}): ${problems.join('; ')}`];
}

function problemsOf(stored: StoredDecision): string[] {
  const { decision, context } = stored;
  const { same, contextIntact } = explain(stored);
  return [
    ...(contextIntact ? [] : ['its context is not the one that was hashed']),
    ...(same ? [] : ['its context leads to another decision']),
    ...(canonicalSha256(context['policy']) === decision.policyHash
      ? []
      : ['its policy is not the one that was hashed']),
    ...(isOfSlot(stored) ? [] : ['its context is of another agent, slot or bar']),
  ];
}

function isOfSlot({ decision, context }: StoredDecision): boolean {
  const instant = (value: unknown): number => new Date(String(value)).getTime();
  return (
    context['agent'] === decision.agent &&
    instant(context['slotAt']) === instant(decision.slotAt) &&
    instant(context['asOf']) === instant(decision.asOf)
  );
}
