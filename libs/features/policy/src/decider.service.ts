import { createRequire } from 'node:module';
import { Inject, Injectable } from '@nestjs/common';
import type { CandidateContext, Decision, SlotContext } from '@tidemark/contracts';
import { CLOCK, currentTimeline, uuidOf, type Clock } from '@tidemark/kernel';
import { NotificationOutbox } from '@tidemark/notifications';
import { canonicalJson, canonicalSha256, policyHash } from './canonical-json.js';
import { DecisionRepository } from './decision.repository.js';
import { derive, type DecisionContext, type DecisionKind } from './derive.js';
import type { Decider } from './read/index.js';

const manifest = createRequire(import.meta.url)('../package.json') as { version: string };

/** Decides from what is stored, and stores what was decided, in the unit of work it runs in. */
@Injectable()
export class DeciderService implements Decider {
  constructor(
    private readonly decisions: DecisionRepository,
    private readonly outbox: NotificationOutbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async slot(context: SlotContext): Promise<Decision> {
    return this.decide('slot', context);
  }

  async candidate(context: CandidateContext, jobId?: string): Promise<Decision> {
    return this.decide('candidate', context, jobId);
  }

  async acted(agent: string, timeline = currentTimeline()): Promise<Decision[]> {
    return this.decisions.acted(timeline, agent);
  }

  private async decide(kind: DecisionKind, context: DecisionContext, jobId?: string): Promise<Decision> {
    const timeline = currentTimeline();
    const { agent, policy, slotAt, asOf } = context;
    const contextText = canonicalJson(context);
    const result = derive(kind, JSON.parse(contextText));
    const decision = await this.decisions.add({
      id: uuidOf('decision', timeline, agent, kind, new Date(slotAt).toISOString()),
      timeline,
      agent,
      kind,
      slotAt,
      asOf,
      action: result.action,
      reason: result.reason,
      contextText,
      contextSha256: canonicalSha256(context),
      policyHash: policyHash(policy),
      codeVersion: manifest.version,
      jobId,
      result,
      at: this.clock.now(),
    });
    await this.tell(decision);
    return decision;
  }

  private async tell({ id, agent, kind, slotAt, action, reason }: Decision): Promise<void> {
    if (action === 'none') return;
    const data = { decision: id, about: kind, slotAt, action, reason };
    await this.outbox.add({ id: uuidOf('told', id), kind: 'decision.made', agent, data });
  }
}
