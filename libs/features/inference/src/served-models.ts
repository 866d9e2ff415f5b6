import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import { APP_CONFIG, AgentCatalog, type AppConfig } from '@tidemark/config';
import { apart, listen, type Subscription } from '@tidemark/database';
import { liveTimeline, operationalError, toTidemarkError } from '@tidemark/kernel';
import {
  PRODUCTION_CHANNEL,
  TIMELINES,
  VERSION_CATALOG,
  type LiveTimeline,
  type ProductionVersion,
  type Timelines,
  type VersionCatalog,
} from '@tidemark/registry/read';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import { NamedModels } from './named-models.js';
import { ServedModel } from './served-model.js';

/** Longest time a process serves the old version after a change whose notification was lost. */
const POLL_MS = 1_000;
/** A replaced model is freed after this long: calls that began on it have ended by then. */
const RETIRE_MS = 30_000;

export interface ServingState {
  readonly agent: string;
  readonly version: string;
  readonly generation: number;
  readonly registryGeneration: number;
}

/**
 * What this process serves: the live timeline, and of it the agents whose first replay has ended. A change of Production,
 * or of the live timeline, is loaded, verified and warmed up beside the serving version and
 * then swapped in by one assignment: no call waits and none sees half a swap. If loading fails the old version goes on.
 */
@Injectable()
export class ServedModels implements OnModuleInit, BeforeApplicationShutdown {
  private readonly production = new Map<string, ServedModel>();
  private readonly named = new NamedModels((served) => this.retire(served));
  private readonly retired = new Map<ServedModel, NodeJS.Timeout>();
  /** Version of each agent that could not be loaded; told once, tried again by every poll. */
  private readonly failed = new Map<string, string>();
  private live: LiveTimeline = { timeline: liveTimeline(), loops: [] };
  /** Newest generations on the live timeline. */
  private registryGenerations: ReadonlyMap<string, number> = new Map();
  private subscription: Subscription | undefined;
  private poll: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;
  private isRefreshWanted = false;

  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(TIMELINES) private readonly timelines: Timelines,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
    private readonly agents: AgentCatalog,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    this.subscription = await listen(this.config.databaseUrl, PRODUCTION_CHANNEL, () => void this.refresh());
    await this.refresh();
    this.poll = setInterval(() => void this.refresh(), POLL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.poll);
    await this.subscription?.close();
    await this.refreshing;
    for (const [served, timer] of this.retired) {
      clearTimeout(timer);
      served.dispose();
    }
    for (const served of [...this.production.values(), ...this.named.all()]) served.dispose();
  }

  /** The serving model of an agent. @throws AGENT_NOT_FOUND, NOT_READY */
  current(agent: string): ServedModel {
    this.requireOpen(agent);
    const served = this.production.get(agent);
    if (served !== undefined) return served;
    this.agents.byName(agent);
    const message = `${agent} has no version in Production yet: train it, then ask again.`;
    throw operationalError('NOT_READY', message, { details: { agent } });
  }

  /** A named version, loaded beside Production when it is first asked for. @throws VERSION_UNKNOWN, AGENT_NOT_FOUND, NOT_READY */
  async version(agent: string, ref: string): Promise<ServedModel> {
    this.agents.byName(agent);
    this.requireOpen(agent);
    const { timeline } = this.live;
    const serving = this.production.get(agent);
    if (serving?.timeline === timeline && serving.answersTo(ref)) return serving;
    return this.named.get(`${timeline}/${agent}@${ref}`, async () => {
      const version = await this.catalog.version(agent, ref, timeline);
      return this.load({ ...version, generation: 0 });
    });
  }

  state(): ServingState[] {
    return [...this.production.values()].map((served) => ({
      agent: served.agent,
      version: served.version,
      generation: served.generation,
      registryGeneration: this.registryGenerations.get(served.agent) ?? served.generation,
    }));
  }

  /** Agents with a Production version in the registry that this process should serve and does not, in its newest generation. */
  behind(): string[] {
    return [...this.registryGenerations]
      .filter(([agent, generation]) => this.agents.has(agent) && this.isOpen(agent) && !this.serves(agent, generation))
      .map(([agent]) => agent);
  }

  private serves(agent: string, generation: number): boolean {
    const served = this.production.get(agent);
    return served?.timeline === this.live.timeline && served.generation === generation;
  }

  private isOpen(agent: string): boolean {
    return this.live.loops.every((loop) => loop.agent !== agent || loop.state === 'ready');
  }

  /** What is still being replayed is not served: its newest version is of a day long past. */
  private requireOpen(agent: string): void {
    const loop = this.live.loops.find((candidate) => candidate.agent === agent);
    if (loop === undefined || loop.state === 'ready') return;
    const why =
      loop.state === 'replaying'
        ? `its first replay is still running${loop.seenBar === undefined ? '' : ` and has come to ${loop.seenBar.slice(0, 10)}`}: ask again when it has ended`
        : `its first replay was halted (${loop.halted?.code ?? 'unknown'}: ${loop.halted?.message ?? ''}): resume it, then ask again`;
    throw operationalError('NOT_READY', `${agent} is not served yet, ${why}.`, {
      details: { agent, state: loop.state, code: loop.halted?.code },
    });
  }

  /** Brings this process up to the registry, as far as it can. Runs one at a time; a wish during a run makes one more. */
  refresh(): Promise<void> {
    this.isRefreshWanted = true;
    this.refreshing ??= apart(() => this.refreshUntilDone());
    return this.refreshing;
  }

  private async refreshUntilDone(): Promise<void> {
    while (this.isRefreshWanted) {
      this.isRefreshWanted = false;
      try {
        const live = await this.timelines.live();
        const generations = await this.catalog.generations(live.timeline);
        this.live = live;
        this.registryGenerations = generations;
        for (const agent of this.behind()) await this.swap(agent);
        this.dropUnserved();
      } catch (error) {
        this.logger.warn({ err: error }, 'the registry did not answer: serving what is loaded');
      }
    }
    // In the same turn as the last look at the wish: none can be lost between the two.
    this.refreshing = undefined;
  }

  /** A timeline that was adopted need not have a version of every agent: nothing of another timeline goes on. */
  private dropUnserved(): void {
    for (const [agent, served] of this.production) {
      if (this.registryGenerations.has(agent)) continue;
      this.production.delete(agent);
      this.retire(served);
      const { version: modelVersion, generation } = served;
      this.logger.warn({ agent, modelVersion, generation, deployment: 'withdrawn' }, 'no version on the live timeline');
    }
  }

  private async swap(agent: string): Promise<void> {
    const version = await this.catalog.production(agent, this.live.timeline);
    const old = this.production.get(agent);
    if (version === undefined || this.serves(agent, version.generation)) return;
    try {
      const next = await this.load(version);
      this.production.set(agent, next);
      if (old !== undefined) this.retire(old);
      this.failed.delete(agent);
      this.metrics.modelGeneration.set({ agent }, version.generation);
      this.metrics.modelSwaps.inc({ agent, outcome: 'ok' });
      const { version: modelVersion, generation } = version;
      this.logger.info({ agent, modelVersion, generation, deployment: 'serving' }, 'model swapped in');
    } catch (error) {
      this.tellFailure(version, error);
    }
  }

  private tellFailure({ model: agent, timeline, version, generation }: ProductionVersion, error: unknown): void {
    const failure = `${timeline}/${generation}`;
    if (this.failed.get(agent) === failure) return;
    this.failed.set(agent, failure);
    this.metrics.modelSwaps.inc({ agent, outcome: toTidemarkError(error).code });
    this.logger.error(
      { agent, modelVersion: version, generation, err: error, deployment: 'failed' },
      'the new version could not be loaded: the old one goes on serving',
    );
  }

  private async load(version: ProductionVersion): Promise<ServedModel> {
    const path = await this.artifacts.pathOf(version.artifactSha256);
    return ServedModel.load(version, path, this.agents.byName(version.model).agent.source.series);
  }

  private retire(served: ServedModel): void {
    const free = (): void => {
      this.retired.delete(served);
      served.dispose();
    };
    this.retired.set(served, setTimeout(free, RETIRE_MS).unref());
  }
}
