import { Inject, Injectable } from '@nestjs/common';
import type { Agent, Decision, Deployment, Job } from '@tidemark/contracts';
import { OUTCOME_READER, PREDICTOR, type OutcomeReader, type Predictor } from '@tidemark/inference/read';
import { conflict, currentTimeline } from '@tidemark/kernel';
import { BAR_READER, FRESHNESS_READER, type BarReader, type FreshnessReader } from '@tidemark/market-data/read';
import { MONITORING, type Monitoring } from '@tidemark/monitoring/read';
import { CONTROLS, DECIDER, assertLivePolicy, type ControlReader, type Decider } from '@tidemark/policy/read';
import {
  VERSION_CATALOG,
  VERSION_REGISTRAR,
  type VersionCatalog,
  type VersionRegistrar,
} from '@tidemark/registry/read';
import { POLICY_ACTOR, SteppedLoop } from './agent-loop.js';
import { FitOrders } from './fit-orders.js';
import { LoopCounts } from './loop-counts.js';
import type { LoopServices } from './loop-parts.js';
import {
  LoopRepository,
  type HaltReason,
  type LoopKey,
  type LoopPolicy,
  type LoopStateName,
  type Moment,
  type StoredLoop,
} from './loop.repository.js';
import { productionFacts } from './production-facts.js';
import { type AgentLoop, type LoopRules, type Loops } from './read/index.js';

export const LOOP_SERVICES = Symbol('LOOP_SERVICES');

/** The tokens behind {@link LoopServices}, in the order of {@link loopServices}. */
export const LOOP_SERVICE_TOKENS = [
  BAR_READER,
  FRESHNESS_READER,
  PREDICTOR,
  OUTCOME_READER,
  VERSION_CATALOG,
  VERSION_REGISTRAR,
  DECIDER,
  CONTROLS,
  FitOrders,
  LoopRepository,
];

export function loopServices(
  bars: BarReader,
  freshness: FreshnessReader,
  predictor: Predictor,
  outcomes: OutcomeReader,
  catalog: VersionCatalog,
  registrar: VersionRegistrar,
  decider: Decider,
  controls: ControlReader,
  orders: FitOrders,
  repository: LoopRepository,
): LoopServices {
  return { bars, freshness, predictor, outcomes, catalog, registrar, decider, controls, orders, repository };
}

/** Opens loops and keeps their state. */
@Injectable()
export class LoopService implements Loops {
  constructor(
    @Inject(LOOP_SERVICES) private readonly services: LoopServices,
    @Inject(MONITORING) private readonly monitoring: Monitoring,
  ) {}

  async find(agent: string): Promise<StoredLoop | undefined> {
    return this.services.repository.find(keyOf(agent));
  }

  async policyOf(agent: string, timeline = currentTimeline()): Promise<LoopPolicy | undefined> {
    return this.services.repository.policy({ timeline, agent });
  }

  async create(agent: string, loop: StoredLoop): Promise<void> {
    await this.services.repository.insert(keyOf(agent), loop);
  }

  async setState(agent: string, state: LoopStateName, why?: HaltReason): Promise<void> {
    await this.services.repository.setState(keyOf(agent), state, why);
  }

  async orderBaseline(agent: Agent, asOf: Date, id: string): Promise<Job> {
    return this.services.orders.orderBaseline(agent, asOf, id);
  }

  async open(agent: Agent, rules: LoopRules): Promise<AgentLoop> {
    const { services } = this;
    const key = keyOf(agent.agent);
    if (rules.isLive) assertLivePolicy(rules.policy);
    const loop = await services.repository.find(key);
    if (loop === undefined) {
      throw conflict('LOOP_MISSING', `${key.agent} has no loop on the timeline ${key.timeline}.`, { ...key });
    }
    const production = await productionFacts(services.catalog, key.agent);
    const observed = await services.repository.observed(key);
    const session = await this.monitoring.open(agent, rules.monitors, { watch: rules.policy.watch });
    const pending = await services.orders.open(key.agent);
    const marks = await services.repository.observedBy(
      key,
      pending.map((decision) => momentOf(decision)),
    );
    return new SteppedLoop(agent, key, rules, services, {
      session,
      production,
      counts: await this.counts(key, observed.bars),
      seenBar: loop.seenBar,
      lastBar: observed.lastBar,
      lastAt: observed.lastAt,
      lastDecided: await services.repository.lastDecided(key),
      seenSlot: loop.seenSlot ?? loop.startedAt,
      open: pending.map((decision, index) => ({ decision, observed: marks[index]! })),
    });
  }

  private async counts(key: LoopKey, observed: number): Promise<LoopCounts> {
    const { decider, catalog } = this.services;
    const acted = await decider.acted(key.agent);
    const deployments = await catalog.deployments(key.agent);
    const fits = acted.filter(({ action }) => action === 'retrain');
    const [lastFit, lastNewRecipe, lastRollback, lastDeployment] = await this.places(key, [
      momentOf(fits.at(-1)),
      momentOf(fits.findLast(({ result }) => result.mode !== 'refit')),
      changeMoment(
        acted,
        deployments.findLast(({ action }) => action === 'rollback'),
      ),
      changeMoment(acted, deployments.at(-1)),
    ]);
    const times = fits.map(({ slotAt }) => new Date(slotAt).getTime());
    return new LoopCounts({
      observed,
      lastFit,
      lastNewRecipe,
      lastRollback,
      lastDeployment: lastDeployment ?? 0,
      fits: times,
    });
  }

  private async places(key: LoopKey, moments: readonly (Moment | undefined)[]): Promise<(number | undefined)[]> {
    const known = moments.filter((moment) => moment !== undefined);
    const places = await this.services.repository.observedBy(key, known);
    return moments.map((moment) => (moment === undefined ? undefined : places[known.indexOf(moment)]));
  }
}

/** A change of Production by the loop is placed by the bar it decided at, one by hand by the time it was made. */
function changeMoment(acted: readonly Decision[], deployment: Deployment | undefined): Moment | undefined {
  if (deployment === undefined) return undefined;
  if (deployment.actor !== POLICY_ACTOR) return { at: new Date(deployment.at) };
  const action = deployment.action === 'rollback' ? 'rollback' : 'promote';
  return momentOf(acted.findLast((decision) => decision.action === action));
}

function keyOf(agent: string): LoopKey {
  return { timeline: currentTimeline(), agent };
}

function momentOf(decision: Decision): Moment;
function momentOf(decision: Decision | undefined): Moment | undefined;
function momentOf(decision: Decision | undefined): Moment | undefined {
  return decision === undefined ? undefined : { asOf: new Date(decision.asOf) };
}
