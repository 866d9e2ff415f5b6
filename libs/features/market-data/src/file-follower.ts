import { dirname } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog, type LoadedAgent } from '@tidemark/config';
import { DATA_SOURCE, inUnitOfWork } from '@tidemark/database';
import { CLOCK, toTidemarkError, type Clock } from '@tidemark/kernel';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';
import { readAppended, takeLines } from './followed-file.js';
import { FollowedFileRepository } from './followed-file.repository.js';
import { IngestService } from './ingest.service.js';
import { sourcePath } from './source-reader.js';

/**
 * Takes in what is appended to the files of agents with `follow: true`. Bars and position are stored together, so that a
 * row is read once; one that cannot be taken is told, and the position stays before it until it is mended.
 */
@Injectable()
export class FileFollower {
  /** What was last said about each file. */
  private readonly told = new Map<string, string>();

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly agents: AgentCatalog,
    private readonly ingest: IngestService,
    private readonly positions: FollowedFileRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Agents whose files are followed; of several with one file and series the first. */
  followed(): LoadedAgent[] {
    const byFile = new Map<string, LoadedAgent>();
    for (const loaded of this.agents.all()) {
      const { source } = loaded.agent;
      const key = JSON.stringify([source.path, source.series]);
      if (source.follow === true && !byFile.has(key)) byFile.set(key, loaded);
    }
    return [...byFile.values()];
  }

  /** Reads on in every followed file. One that fails does not hold up the others. Returns how many bars were new. */
  async poll(): Promise<number> {
    let inserted = 0;
    for (const loaded of this.followed()) {
      try {
        inserted += await this.readOn(loaded);
      } catch (thrown) {
        const { code, message } = toTidemarkError(thrown);
        this.warnOnce(loaded, `${code}: ${message}`, { code });
      }
    }
    return inserted;
  }

  private async readOn(loaded: LoadedAgent): Promise<number> {
    const { agent, file } = loaded;
    const { source } = agent;
    const followed = { path: sourcePath(source, dirname(file)), series: source.series };
    return inUnitOfWork(this.dataSource, {}, async () => {
      const at = await this.positions.lock(followed);
      const appended = await readAppended(followed.path, at);
      if (appended.isReplaced) {
        this.logger.warn(
          { agent: agent.agent, path: followed.path },
          'followed file is shorter or begins differently: read again from its start',
        );
      }
      const { bars, position, problem } = takeLines(appended, source.columns, this.clock.now());
      if (problem !== undefined) {
        const { row, column, message } = problem;
        const line = `line ${row}, column ${column}: ${message}; nothing behind it is read until it is mended`;
        this.warnOnce(loaded, line, { path: followed.path, line: row });
      } else {
        this.told.delete(agent.agent);
      }
      if (position.bytes === at.bytes && !appended.isReplaced) return 0;
      const options = { source: `csv:${agent.agent}`, knownAfterHours: source.knownAfterHours };
      const report = bars.length === 0 ? undefined : await this.ingest.store(source.series, bars, options);
      await this.positions.save(followed, position);
      return report === undefined ? 0 : report.inserted + report.restated;
    });
  }

  private warnOnce({ agent }: LoadedAgent, text: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.told.get(agent.agent) === text) return;
    this.told.set(agent.agent, text);
    this.logger.warn({ agent: agent.agent, ...fields }, `followed file not read on: ${text}`);
  }
}
