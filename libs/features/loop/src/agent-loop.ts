import type { Agent, Decision, Job } from '@tidemark/contracts';
import { apart } from '@tidemark/database';
import { SteppedClock, inWorld, isTidemarkError } from '@tidemark/kernel';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import type { LoopSlot } from './due-slots.js';
import { hasEnded } from './fit-orders.js';
import { candidateContext, slotContext, type ContextSource } from './loop-contexts.js';
import type { LoopMemory, LoopServices } from './loop-parts.js';
import type { LoopKey } from './loop.repository.js';
import { productionFacts } from './production-facts.js';
import type { AgentLoop, LoopRules, LoopSummary, SlotRun } from './read/index.js';
import { INSUFFICIENT_HISTORY, NO_NEW_DATA, SlotLedger } from './slot-ledger.js';

/** Outcomes of so many newest bars are looked at with each new one: far more than a label runs over. */
const MATURED_BARS = 40;
/** The bar is passed over: there is not yet enough before it to build its inputs from. */
const CANNOT_PREDICT = ['INSUFFICIENT_HISTORY', 'INSUFFICIENT_LABELS'];
/** Who changes Production where the policy decides. */
export const POLICY_ACTOR = 'policy';

export class SteppedLoop implements AgentLoop {
  private readonly ledger = new SlotLedger();

  constructor(
    private readonly agent: Agent,
    private readonly key: LoopKey,
    private readonly rules: LoopRules,
    private readonly services: LoopServices,
    private readonly memory: LoopMemory,
  ) {}

  get open(): readonly Decision[] {
    return this.memory.open.map(({ decision }) => decision);
  }

  get serving(): string {
    return this.memory.production.serving.version;
  }

  get lastBar(): Date | undefined {
    return this.memory.lastBar;
  }

  async run(slot: LoopSlot, { manual = false }: { readonly manual?: boolean } = {}): Promise<SlotRun> {
    this.memory.seenSlot = slot.slotAt;
    return slot.schedule === 'drift' ? this.runDrift(slot) : this.runRetrain(slot, manual);
  }

  async save(): Promise<void> {
    const { seenBar, seenSlot } = this.memory;
    await this.services.repository.save(this.key, this.ledger, { bar: seenBar, slot: seenSlot });
  }

  isDue(decision: Decision): boolean {
    const entry = this.memory.open.find((open) => open.decision.id === decision.id);
    const { trainingLagBars } = this.rules.policy;
    return entry !== undefined && this.memory.counts.observed - entry.observed >= trainingLagBars;
  }

  async conclude(decision: Decision, job: Job): Promise<Decision> {
    return this.concludeAt(decision, job, new Date(decision.slotAt));
  }

  async summary(): Promise<LoopSummary> {
    const acted = await this.services.decider.acted(this.key.agent);
    const count = (action: Decision['action']): number => acted.filter((decision) => decision.action === action).length;
    return {
      bars: this.memory.counts.observed,
      fits: count('retrain'),
      promotions: count('promote'),
      refusals: count('refuse'),
      rollbacks: count('rollback'),
    };
  }

  dispose(): void {
    this.memory.session.dispose();
  }

  private async runDrift(slot: LoopSlot): Promise<SlotRun> {
    const bars = await this.observe(slot);
    return bars === 0 ? this.skip(slot) : this.done(slot, bars === 1 ? '1 bar' : `${bars} bars`, { bars });
  }

  private async runRetrain(slot: LoopSlot, manual: boolean): Promise<SlotRun> {
    const { memory } = this;
    const { lastBar, lastDecided } = memory;
    const isNew = lastBar !== undefined && (lastDecided === undefined || lastBar > lastDecided);
    if (lastBar === undefined || (!isNew && !manual)) return this.skip(slot);
    const concluded = await this.concludeDue(slot.slotAt);
    const decision = await this.decide(slot.slotAt, lastBar, manual);
    memory.lastDecided = lastBar;
    return this.done(slot, decision.action, { decision, concluded });
  }

  private skip(slot: LoopSlot): SlotRun {
    this.ledger.skipped(slot, NO_NEW_DATA);
    return { slot, state: 'skipped', outcome: `skipped:${NO_NEW_DATA}`, bars: 0 };
  }

  private done(slot: LoopSlot, outcome: string, more: Partial<SlotRun>): SlotRun {
    this.ledger.ran(slot, outcome);
    return { slot, state: 'done', outcome, bars: 0, ...more };
  }

  /** Every bar that has become known, in order of event time, each as of the moment it did. Returns how many. */
  private async observe(slot: LoopSlot): Promise<number> {
    const { memory } = this;
    const snapshot = await this.snapshot(slot.slotAt);
    const first = rowAfter(snapshot, memory.seenBar);
    for (let row = first; row < snapshot.rows; row += 1) {
      const asOf = timeOf(snapshot, row);
      const at = new Date(Math.max(snapshot.firstKnownAt[row]!, memory.lastAt?.getTime() ?? 0));
      const isObserved = await this.inWorldAt(at, () => this.observeBar(asOf, at));
      memory.seenBar = asOf;
      if (!isObserved) this.ledger.skipped(slot, INSUFFICIENT_HISTORY);
    }
    return snapshot.rows - first;
  }

  private async observeBar(asOf: Date, at: Date): Promise<boolean> {
    const { agent, memory, services } = this;
    const snapshot = await this.snapshot(at);
    const row = rowAfter(snapshot, asOf) - 1;
    const prediction = await services.predictor.predictBar(agent.agent, snapshot, row).catch(passOver);
    if (prediction === undefined) return false;
    const matured = await services.outcomes.matureRecent(
      agent.agent,
      timeOf(snapshot, Math.max(0, row - MATURED_BARS)),
    );
    const { serving, outputs } = prediction;
    const freshness = services.freshness.at(agent.agent, snapshot, at);
    await memory.session.observe({ snapshot, row, asOf, serving, outputs, freshness }, matured);
    memory.lastBar = asOf;
    memory.lastAt = at;
    memory.counts.bar();
    return true;
  }

  private async decide(slotAt: Date, lastBar: Date, manual: boolean): Promise<Decision> {
    const { services, memory, agent } = this;
    const decision = await services.decider.slot(await slotContext(this.source, { slotAt, lastBar, manual }));
    if (decision.action === 'retrain') {
      await services.orders.order(agent, decision, this.rules.policy);
      memory.open.push({ decision, observed: memory.counts.observed });
      memory.counts.fit(decision.result.mode ?? 'new_recipe', slotAt);
    }
    if (decision.action === 'rollback') await this.rollBack(decision);
    return decision;
  }

  /** What comes back, and that what served may not return by itself. */
  private async rollBack({ result, reason }: Decision): Promise<void> {
    const { services, memory, key } = this;
    const { artifactSha256, version } = memory.production.serving;
    await services.registrar.rollback({
      model: key.agent,
      version: result.target?.version,
      actor: POLICY_ACTOR,
      reason,
    });
    await services.controls.latch(key.agent, { artifactSha256, version }, reason);
    memory.counts.rollback();
    memory.production = await productionFacts(services.catalog, key.agent);
  }

  /** Candidates whose bars have come meanwhile, and live those whose training failed: one a slot. */
  private async concludeDue(slotAt: Date): Promise<Decision | undefined> {
    const [decision] = this.open;
    if (decision === undefined || !this.isDue(decision)) return undefined;
    const job = await this.services.orders.of(decision);
    if (job === undefined || !hasEnded(job)) return undefined;
    const isLate = this.rules.policy.trainingLagBars > 0;
    return this.concludeAt(decision, job, isLate ? slotAt : new Date(decision.slotAt));
  }

  /** The change of Production is dated after the last bar it had no part in. */
  private async concludeAt(decision: Decision, job: Job, slotAt: Date): Promise<Decision> {
    const at = new Date(Math.max(slotAt.getTime(), this.memory.lastAt?.getTime() ?? 0));
    return this.inWorldAt(at, async () => {
      const { services, memory, key } = this;
      const verdict = await services.decider.candidate(
        await candidateContext(this.source, { decision, job, slotAt }),
        job.id,
      );
      if (verdict.action === 'promote') {
        const { version } = verdict.result.target!;
        await services.registrar.promote({ model: key.agent, version, actor: POLICY_ACTOR });
        memory.counts.promotion();
        memory.production = await productionFacts(services.catalog, key.agent);
      }
      memory.open.splice(
        memory.open.findIndex((open) => open.decision.id === decision.id),
        1,
      );
      return verdict;
    });
  }

  private get source(): ContextSource {
    const { key, rules, services, memory } = this;
    return { agent: key.agent, rules, services, memory };
  }

  private inWorldAt<T>(at: Date, work: () => Promise<T>): Promise<T> {
    return inWorld({ timeline: this.key.timeline, clock: new SteppedClock(at) }, work);
  }

  /** Bars are no part of the unit of work: they are read on a connection of their own, if at all. */
  private snapshot(at: Date): Promise<SeriesSnapshot> {
    return apart(() => this.services.bars.series(this.agent.source.series, at));
  }
}

function passOver(error: unknown): undefined {
  if (isTidemarkError(error) && CANNOT_PREDICT.includes(error.code)) return undefined;
  throw error;
}

function timeOf({ bars }: SeriesSnapshot, row: number): Date {
  return new Date(bars[row * BAR_WIDTH]!);
}

/** The first row later than an event time, found from the end: what is new is there. */
function rowAfter({ bars, rows }: SeriesSnapshot, eventTime: Date | undefined): number {
  const limit = eventTime?.getTime() ?? Number.NEGATIVE_INFINITY;
  let row = rows;
  while (row > 0 && bars[(row - 1) * BAR_WIDTH]! > limit) row -= 1;
  return row;
}
