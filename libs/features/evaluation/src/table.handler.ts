import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { tablePayloadSchema } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { SEALED_OPENINGS, type SealedOpenings } from '@tidemark/training/read';
import { EvaluationService } from './evaluation.service.js';
import { ReportService } from './report.service.js';
import { openSealed } from './sealed-opening.js';
import { TimelineReader } from './timeline-reader.js';

/**
 * Job `table`: measures the timelines that replays left and writes the report. Looking at figures of sealed bars opens
 * them: logged and numbered, and the number is printed above the table. A later attempt opens nothing again.
 */
@Injectable()
export class TableHandler implements JobHandler, OnModuleInit {
  readonly kind = 'table' as const;

  constructor(
    private readonly agents: AgentCatalog,
    private readonly timelines: TimelineReader,
    @Inject(SEALED_OPENINGS) private readonly openings: SealedOpenings,
    private readonly evaluation: EvaluationService,
    private readonly reports: ReportService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const { agent: name, timelines } = tablePayloadSchema.parse(context.job.payload);
    const { agent } = this.agents.byName(name);
    await context.progress(0, 'reading what was served');
    const policy = await this.timelines.read(agent, timelines.policy);
    const opening = await openSealed(this.openings, context, agent, policy);
    await context.progress(0.3, 'measuring');
    const evaluation = await this.evaluation.evaluate({ agent, timelines, policy, opening });
    await context.progress(0.8, 'writing the report');
    const report = await this.reports.write(evaluation);
    return { table: evaluation.table, report };
  }
}
