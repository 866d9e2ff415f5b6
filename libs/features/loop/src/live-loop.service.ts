import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { Agent, CandidatePayload, SlotPayload } from '@tidemark/contracts';
import { DATA_SOURCE, apart, inUnitOfWork } from '@tidemark/database';
import type { JobContext } from '@tidemark/jobs';
import { CLOCK, SteppedClock, inWorld, liveTimeline, uuidOf, type Clock } from '@tidemark/kernel';
import { BAR_READER, type BarReader } from '@tidemark/market-data/read';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import type { DataSource } from 'typeorm';
import { LOOP_SCHEDULES, type LoopSlot } from './due-slots.js';
import { FitOrders, hasEnded } from './fit-orders.js';
import { LoopRepository, type LoopKey, type StoredLoop } from './loop.repository.js';
import { LoopService } from './loop.service.js';
import type { AgentLoop, SlotRun } from './read/index.js';

/** What a live step did, in words; nothing where it had been done before. */
export type LiveOutcome = { readonly outcome: string } & Readonly<Record<string, unknown>>;

/** The loop on a timeline that serves, one unit of work a slot: the same loop that replays step through. */
@Injectable()
export class LiveLoopService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly agents: AgentCatalog,
    private readonly loops: LoopService,
    private readonly repository: LoopRepository,
    private readonly orders: FitOrders,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Runs the slot, and before it those due earlier whose jobs are still waiting, so that slots run in order of time. */
  async runSlot(context: JobContext, payload: SlotPayload): Promise<LiveOutcome> {
    const { agent } = this.agents.byName(payload.agent);
    const slot: LoopSlot = { schedule: payload.schedule, slotAt: new Date(payload.slotAt) };
    const key: LoopKey = { timeline: payload.timeline ?? liveTimeline(), agent: agent.agent };
    const earlier = await this.repository.due(key, slot.slotAt, LOOP_SCHEDULES);
    for (const due of earlier.filter((each) => !isSame(each, slot))) {
      context.signal.throwIfAborted();
      if (due.slotAt > slot.slotAt || isAfter(due, slot)) continue;
      await this.step(context, agent, key, due, false);
    }
    return this.step(context, agent, key, slot, payload.manual ?? false);
  }

  /** Lets the policy decide about a training that has ended, unless it has to wait for its bars. */
  async conclude(context: JobContext, { agent: name, timeline, decision: id }: CandidatePayload): Promise<LiveOutcome> {
    const { agent } = this.agents.byName(name);
    return this.unit(context, { timeline, agent: name }, this.clock.now(), async (stored) => {
      if (stored?.state !== 'ready') return { outcome: 'the loop is not ready' };
      const decision = (await this.orders.open(name)).find((open) => open.id === id);
      const job = decision && (await this.orders.of(decision));
      if (decision === undefined || job === undefined || !hasEnded(job)) return { outcome: 'nothing to decide' };
      const loop = await this.open(agent);
      if (!loop.isDue(decision)) return { outcome: 'waits for its bars' };
      const { action, reason } = await loop.conclude(decision, job);
      loop.dispose();
      return { outcome: action, reason };
    });
  }

  private async step(
    context: JobContext,
    agent: Agent,
    key: LoopKey,
    slot: LoopSlot,
    manual: boolean,
  ): Promise<LiveOutcome> {
    return this.unit(context, key, slot.slotAt, async (stored) => {
      if (stored !== undefined && stored.state !== 'ready') return { outcome: `the loop is ${stored.state}` };
      if ((await this.repository.stateOf(key, slot)) === 'done') return { outcome: 'done before' };
      await apart(() => this.bars.fresh(agent.source.series, slot.slotAt));
      if (stored === undefined) await this.begin(agent, slot.slotAt);
      else await this.repository.setRules(key, agent.policy, agent.monitors);
      if ((await this.catalog.production(agent.agent)) === undefined) return this.awaitBaseline(agent, key, slot);
      const loop = await this.open(agent);
      const run = await loop.run(slot, { manual });
      if (run.state === 'skipped') await this.repository.removeDue(key, slot);
      await loop.save();
      loop.dispose();
      return outcomeOf(run);
    });
  }

  /** Fenced, and alone on its loop until it ends. */
  private unit<T>(
    context: JobContext,
    key: LoopKey,
    at: Date,
    work: (stored: StoredLoop | undefined) => Promise<T>,
  ): Promise<T> {
    return inWorld({ timeline: key.timeline, clock: new SteppedClock(at) }, () =>
      inUnitOfWork(this.dataSource, {}, async (runner) => {
        await context.fence(runner);
        return work(await this.repository.find(key, true));
      }),
    );
  }

  private async open(agent: Agent): Promise<AgentLoop> {
    const { policy, monitors } = agent;
    return this.loops.open(agent, { policy, monitors, isLive: true });
  }

  /** An agent that was never replayed begins with the bars it has as warm-up. */
  private async begin(agent: Agent, at: Date): Promise<void> {
    const { policy, monitors, source } = agent;
    const { lastEventTime } = await apart(() => this.bars.series(source.series, at));
    await this.loops.create(agent.agent, { state: 'ready', policy, monitors, startedAt: at, seenBar: lastEventTime });
  }

  /** Asked for each night, since the bars may not have sufficed the night before. */
  private async awaitBaseline(agent: Agent, key: LoopKey, slot: LoopSlot): Promise<LiveOutcome> {
    await this.repository.removeDue(key, slot);
    if (slot.schedule !== 'retrain') return { outcome: 'waits for the baseline' };
    const id = uuidOf('baseline', key.timeline, key.agent, slot.slotAt.toISOString());
    await this.orders.orderBaseline(agent, slot.slotAt, id);
    return { outcome: 'asked for the baseline', job: id };
  }
}

function outcomeOf({ outcome, bars, decision, concluded }: SlotRun): LiveOutcome {
  return { outcome, bars, decision: decision?.id, reason: decision?.reason, concluded: concluded?.id };
}

function isSame(a: LoopSlot, b: LoopSlot): boolean {
  return a.schedule === b.schedule && a.slotAt.getTime() === b.slotAt.getTime();
}

/** At one instant, what is due later in the order of schedules. */
function isAfter(a: LoopSlot, b: LoopSlot): boolean {
  const place = ({ schedule }: LoopSlot): number => LOOP_SCHEDULES.findIndex((name) => name === schedule);
  return a.slotAt.getTime() === b.slotAt.getTime() && place(a) > place(b);
}
