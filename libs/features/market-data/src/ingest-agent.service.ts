import { dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { IngestReport } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { IngestService } from './ingest.service.js';
import { readSource } from './source-reader.js';

/** Ingests the file an agent's source names. */
@Injectable()
export class IngestAgentService {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly ingest: IngestService,
  ) {}

  async run(name: string): Promise<IngestReport> {
    const { agent, file } = this.agents.byName(name);
    const { source } = agent;
    if (source.kind !== 'csv') {
      throw callerError(
        'SOURCE_HAS_NO_FILE',
        `The source of ${name} is "${source.kind}": send its bars to POST /api/v1/bars.`,
      );
    }
    const bars = await readSource(source, dirname(file));
    return this.ingest.store(source.series, bars, { source: `csv:${name}`, knownAfterHours: source.knownAfterHours });
  }
}
