import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DATA_SOURCE, selectOne } from '@tidemark/database';
import { AgentCatalog } from '@tidemark/config';
import { CLOCK, type Clock } from '@tidemark/kernel';
import { PredictionLog, ServedModels } from '@tidemark/inference';
import { BAR_READER, FRESHNESS_READER, type BarReader, type FreshnessReader } from '@tidemark/market-data/read';
import { HealthRegistry, type HealthPart } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';

/** What this process needs and how it fares: database, models, data, prediction log. */
@Injectable()
export class HealthParts implements OnModuleInit {
  constructor(
    private readonly registry: HealthRegistry,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly models: ServedModels,
    private readonly log: PredictionLog,
    private readonly agents: AgentCatalog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(FRESHNESS_READER) private readonly freshness: FreshnessReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.registry.register('database', () => this.database(), { required: false });
    this.registry.register('models', () => this.served());
    this.registry.register('data', () => this.data(), { required: false });
    this.registry.register('predictionLog', () => this.predictionLog(), { required: false });
  }

  /** Predictions go on from memory without it, so it degrades the process and does not take it down. */
  private async database(): Promise<HealthPart> {
    await selectOne(this.dataSource, 'select 1');
    return { status: 'ok', message: 'answers' };
  }

  private served(): HealthPart {
    const serving = this.models.state().map(({ agent, version, generation }) => ({ agent, version, generation }));
    const behind = this.models.behind();
    const details = { serving };
    const missing = behind.filter((agent) => !serving.some((served) => served.agent === agent));
    if (missing.length > 0) return { status: 'down', message: `cannot be loaded: ${missing.join(', ')}`, details };
    if (behind.length > 0) return { status: 'degraded', message: `behind the registry: ${behind.join(', ')}`, details };
    return { status: 'ok', message: `${serving.length} agents served`, details };
  }

  private async data(): Promise<HealthPart> {
    const now = this.clock.now();
    const ages: Record<string, unknown> = {};
    const stale: string[] = [];
    for (const { agent } of this.agents.all()) {
      const freshness = this.freshness.at(agent.agent, await this.bars.series(agent.source.series), now);
      ages[agent.agent] = freshness ?? 'no bars yet';
      if (freshness?.stale === true) stale.push(agent.agent);
    }
    if (stale.length > 0) return { status: 'degraded', message: `stale data: ${stale.join(', ')}`, details: ages };
    return { status: 'ok', message: 'as expected by the calendars', details: ages };
  }

  private predictionLog(): HealthPart {
    const details = { bufferedBytes: this.log.bufferedBytes };
    return this.log.isHealthy
      ? { status: 'ok', message: 'written', details }
      : { status: 'degraded', message: 'the database does not take rows: they wait in memory', details };
  }
}
