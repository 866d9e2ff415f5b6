import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LocalArtifactStore } from '@tidemark/artifacts';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { DATA_SOURCE } from '@tidemark/database';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { CLOCK, outerClock, type Clock } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import { pruneLines } from '../prune-text.js';
import { prune } from '../prune.js';

/** Job `prune`: what `admin prune` does, by the settings of the worker. May be done again: what is gone is not found. */
@Injectable()
export class PruneHandler implements JobHandler, OnModuleInit {
  readonly kind = 'prune' as const;
  /** What is old is so by the time of this machine, never by that of a replay. */
  private readonly clock: Clock;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'artifactRoot' | 'retention'>,
    @Inject(CLOCK) clock: Clock,
    private readonly handlers: JobHandlers,
  ) {
    this.clock = outerClock(clock);
  }

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const { retention, artifactRoot } = this.config;
    const artifacts = new LocalArtifactStore(artifactRoot);
    const report = await prune({
      dataSource: this.dataSource,
      artifacts,
      retention,
      now: this.clock.now(),
      isDryRun: false,
      signal: context.signal,
    });
    for (const line of pruneLines(report, retention, 'Deleted')) await context.log('info', line);
    return { retention, ...report };
  }
}
