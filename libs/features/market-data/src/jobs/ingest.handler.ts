import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ingestPayloadSchema } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { IngestAgentService } from '../ingest-agent.service.js';

/** Job `ingest`: reads an agent's file. Idempotent: rows already stored are counted as unchanged. */
@Injectable()
export class IngestHandler implements JobHandler, OnModuleInit {
  readonly kind = 'ingest' as const;

  constructor(
    private readonly ingest: IngestAgentService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const { agent } = ingestPayloadSchema.parse(context.job.payload);
    const report = await this.ingest.run(agent);
    await context.log(
      'info',
      `${report.inserted} new, ${report.unchanged} unchanged, ${report.restated} restated bars`,
    );
    for (const warning of report.warnings) await context.log('warn', warning.message);
    return report;
  }
}
