import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type {
  Difference,
  ExplainReconciliation,
  Job,
  ReconcilePayload,
  Reconciliation,
  StartReconciliation,
} from '@tidemark/contracts';
import { JobStore } from '@tidemark/jobs';
import {
  CLOCK,
  callerError,
  inWorld,
  instantOf,
  liveTimeline,
  notFound,
  outerClock,
  type Clock,
} from '@tidemark/kernel';
import { ERROR_ALERTS, type ErrorAlerts } from '@tidemark/monitoring/read';
import { RebuildService } from './rebuild.service.js';
import { ReconciliationRepository } from './reconciliation.repository.js';

const DAY_MS = 86_400_000;
const ALERT = { monitor: 'skew', subject: 'reconciliation' } as const;

/** Compares what was logged with what the bars lead to, keeps what came of it, and tells when they differ. */
@Injectable()
export class ReconciliationService {
  /** Whoever looks does so now, whatever the timeline's time. */
  private readonly clock: Clock;

  constructor(
    private readonly agents: AgentCatalog,
    private readonly rebuild: RebuildService,
    private readonly repository: ReconciliationRepository,
    private readonly jobs: JobStore,
    @Inject(ERROR_ALERTS) private readonly alerts: ErrorAlerts,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.clock = outerClock(clock);
  }

  /** @throws AGENT_NOT_FOUND; RECONCILE_DAY_OPEN for a day that is not over */
  async start(request: StartReconciliation): Promise<Job> {
    const { agent } = this.agents.byName(request.agent).agent;
    const day = this.dayOf(request);
    return this.jobs.start({ kind: 'reconcile', agent, payload: { ...request, day } });
  }

  async reconcile(payload: ReconcilePayload): Promise<Reconciliation> {
    const { agent } = this.agents.byName(payload.agent);
    const day = this.dayOf(payload);
    return this.on(payload.timeline, async (timeline) => {
      const explained = await this.repository.explainedBars(agent.agent);
      const report = await this.rebuild.run({ agent, to: instantOf(day, 'end'), bars: payload.bars, explained });
      const { differences, restatements, checked } = report;
      const stored = await this.repository.put({
        timeline,
        agent: agent.agent,
        day,
        state: differences.length === 0 ? 'ok' : 'differs',
        firstDifference: differences[0],
        differences: differences.length,
        restatements: [...restatements],
        checked,
        at: this.clock.now().toISOString(),
      });
      if (payload.slot !== undefined) {
        await this.repository.slotDone(agent.agent, payload.slot.schedule, payload.slot.slotAt, stored.state);
      }
      await this.tell(stored);
      return stored;
    });
  }

  /** From the next decision on the difference blocks nothing. @throws RECONCILIATION_UNKNOWN */
  async explain({ agent, timeline, day, note }: ExplainReconciliation, actor: string): Promise<Reconciliation> {
    this.agents.byName(agent);
    return this.on(timeline, async (id) => {
      const explained = await this.repository.explain(agent, day, actor, note, this.clock.now());
      if (explained === undefined) {
        const message = `No difference of ${agent} is known on ${day} (timeline ${id}); GET /api/v1/reconciliations lists them.`;
        throw notFound('RECONCILIATION_UNKNOWN', message, { agent, day, timeline: id });
      }
      await this.tell(explained);
      return explained;
    });
  }

  /** The alert stands while any day differs and is not explained. */
  private async tell({ agent, day, state, firstDifference }: Reconciliation): Promise<void> {
    const asOf = instantOf(day, 'start');
    if (state === 'differs') {
      await this.alerts.raise(agent, { ...ALERT, message: messageOf(day, firstDifference!), asOf });
    } else if ((await this.repository.unexplained(agent)) === 0) {
      await this.alerts.clear(agent, { ...ALERT, by: 'reconciliation', asOf });
    }
  }

  private on<T>(timeline: string | undefined, work: (timeline: string) => Promise<T>): Promise<T> {
    const id = timeline ?? liveTimeline();
    return inWorld({ timeline: id, clock: this.clock }, () => work(id));
  }

  /** Yesterday by the clock, unless a day is named or a slot asks about the day before it. */
  private dayOf({ day, ...rest }: ReconcilePayload): string {
    const at = 'slot' in rest && rest.slot !== undefined ? new Date(rest.slot.slotAt) : this.clock.now();
    const asked = day ?? new Date(at.getTime() - DAY_MS).toISOString().slice(0, 10);
    if (instantOf(asked, 'end') > this.clock.now()) {
      const message = `${asked} is not over: what is still to be logged on it cannot be compared. Name an earlier day.`;
      throw callerError('RECONCILE_DAY_OPEN', message, { details: { day: asked } });
    }
    return asked;
  }
}

function messageOf(day: string, { table, column, cause }: Difference): string {
  return `What was logged on ${day} does not follow from the bars: ${cause} (first in ${table}, ${column}).`;
}
