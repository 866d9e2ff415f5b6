import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import { APP_CONFIG, AgentCatalog, type AppConfig } from '@tidemark/config';
import { listen, type Subscription } from '@tidemark/database';
import { operationalError, toTidemarkError } from '@tidemark/kernel';
import {
  PRODUCTION_CHANNEL,
  VERSION_CATALOG,
  type ProductionVersion,
  type VersionCatalog,
} from '@tidemark/registry/read';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import { ServedModel } from './served-model.js';

/** Longest time a process serves the old version after a change whose notification was lost. */
const POLL_MS = 1_000;
/** A replaced model is freed after this long: calls that began on it have ended by then. */
const RETIRE_MS = 30_000;
/** Versions other than Production kept loaded, least recently asked for out first. */
const NAMED_VERSIONS = 8;

export interface ServingState {
  readonly agent: string;
  readonly version: string;
  readonly generation: number;
  readonly registryGeneration: number;
}

/**
 * What this process serves. A change of Production is loaded, verified and warmed up beside the serving version and
 * then swapped in by one assignment: no call waits and none sees half a swap. If loading fails the old version goes on.
 */
@Injectable()
export class ServedModels implements OnModuleInit, BeforeApplicationShutdown {
  private readonly production = new Map<string, ServedModel>();
  private readonly named = new Map<string, ServedModel>();
  private registryGenerations: ReadonlyMap<string, number> = new Map();
  private subscription: Subscription | undefined;
  private poll: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;
  private isRefreshWanted = false;

  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
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
    for (const served of [...this.production.values(), ...this.named.values()]) served.dispose();
  }

  /** The serving model of an agent. @throws AGENT_NOT_FOUND, NOT_READY */
  current(agent: string): ServedModel {
    const served = this.production.get(agent);
    if (served !== undefined) return served;
    this.agents.byName(agent);
    throw operationalError('NOT_READY', `${agent} has no version in Production yet: train it, then ask again.`, {
      details: { agent },
    });
  }

  /** A named version, loaded beside Production when it is first asked for. @throws VERSION_UNKNOWN, AGENT_NOT_FOUND */
  async version(agent: string, ref: string): Promise<ServedModel> {
    this.agents.byName(agent);
    const serving = this.production.get(agent);
    if (serving !== undefined && serving.answersTo(ref)) return serving;
    const key = `${agent}@${ref}`;
    const loaded = this.named.get(key);
    if (loaded !== undefined) {
      this.named.delete(key);
      this.named.set(key, loaded);
      return loaded;
    }
    const version = await this.catalog.version(agent, ref);
    const served = await this.load({ ...version, generation: serving?.generation ?? 0 });
    this.keepNamed(key, served);
    return served;
  }

  state(): ServingState[] {
    return [...this.production.values()].map((served) => ({
      agent: served.agent,
      version: served.version,
      generation: served.generation,
      registryGeneration: this.registryGenerations.get(served.agent) ?? served.generation,
    }));
  }

  /** Agents with a Production version in the registry that this process does not serve in its newest generation. */
  behind(): string[] {
    return [...this.registryGenerations]
      .filter(([agent, generation]) => this.agents.has(agent) && this.production.get(agent)?.generation !== generation)
      .map(([agent]) => agent);
  }

  /** Brings this process up to the registry. Runs one at a time; a wish during a run makes one more run. */
  refresh(): Promise<void> {
    this.isRefreshWanted = true;
    this.refreshing ??= this.refreshUntilDone().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async refreshUntilDone(): Promise<void> {
    while (this.isRefreshWanted) {
      this.isRefreshWanted = false;
      try {
        this.registryGenerations = await this.catalog.generations();
        for (const agent of this.behind()) await this.swap(agent);
      } catch (error) {
        this.logger.warn({ err: error }, 'the registry did not answer: serving what is loaded');
      }
    }
  }

  private async swap(agent: string): Promise<void> {
    try {
      const version = await this.catalog.production(agent);
      const old = this.production.get(agent);
      if (version === undefined || old?.generation === version.generation) return;
      const next = await this.load(version);
      this.production.set(agent, next);
      if (old !== undefined) this.retire(old);
      this.metrics.modelGeneration.set({ agent }, version.generation);
      this.metrics.modelSwaps.inc({ agent, outcome: 'ok' });
      this.logger.info(
        { agent, modelVersion: version.version, generation: version.generation, deployment: 'serving' },
        'model swapped in',
      );
    } catch (error) {
      this.metrics.modelSwaps.inc({ agent, outcome: toTidemarkError(error).code });
      this.logger.error(
        { agent, err: error, deployment: 'failed' },
        'the new version could not be loaded: the old one goes on serving',
      );
    }
  }

  private async load(version: ProductionVersion): Promise<ServedModel> {
    const path = await this.artifacts.pathOf(version.artifactSha256);
    return ServedModel.load(version, path, this.agents.byName(version.model).agent.source.series);
  }

  private keepNamed(key: string, served: ServedModel): void {
    this.named.set(key, served);
    if (this.named.size <= NAMED_VERSIONS) return;
    const [oldestKey, oldest] = this.named.entries().next().value!;
    this.named.delete(oldestKey);
    this.retire(oldest);
  }

  private retire(served: ServedModel): void {
    setTimeout(() => served.dispose(), RETIRE_MS).unref();
  }
}
