import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { studyPayloadSchema, type Agent, type StudyPayload } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { BAR_READER, HISTORY_WRITER, type BarReader, type HistoryWriter } from '@tidemark/market-data/read';
import { SEALED_OPENINGS, type SealedOpenings } from '@tidemark/training/read';
import { ReportService } from '../report.service.js';
import { openSealed } from '../sealed-opening.js';
import { TimelineReader } from '../timeline-reader.js';
import { studyHtml } from './study-html.js';
import { studyMarkdown } from './study-markdown.js';
import { StudyMeasurer } from './study.measurer.js';
import { startTimeline } from './study-plan.js';
import { simulate, worldsOf } from './worlds.js';

/**
 * Job `study`: the two ends of a chain of replays. `worlds` makes the simulated markets; `report` measures all timelines.
 * Each may be done again: markets are the same each time, and what is stored is read, not changed.
 */
@Injectable()
export class StudyHandler implements JobHandler, OnModuleInit {
  readonly kind = 'study' as const;

  constructor(
    private readonly agents: AgentCatalog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(HISTORY_WRITER) private readonly writer: HistoryWriter,
    @Inject(SEALED_OPENINGS) private readonly openings: SealedOpenings,
    private readonly timelines: TimelineReader,
    private readonly measurer: StudyMeasurer,
    private readonly reports: ReportService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const payload = studyPayloadSchema.parse(context.job.payload);
    const { agent } = this.agents.byName(payload.agent);
    return payload.part === 'worlds' ? this.worlds(context, agent, payload) : this.report(context, agent, payload);
  }

  private async worlds(context: JobContext, agent: Agent, payload: StudyPayload): Promise<Record<string, unknown>> {
    const known = await this.bars.fresh(agent.source.series, new Date(payload.asOf));
    const worlds = worldsOf(agent, payload.sizes, known);
    for (const [index, world] of worlds.entries()) {
      context.signal.throwIfAborted();
      await context.progress(index / worlds.length, `simulating ${world.name}`);
      const { bars } = simulate(agent, world, known);
      await this.writer.store(world.series, bars, { source: 'study', knownAfterHours: agent.source.knownAfterHours });
    }
    return { worlds: worlds.map(({ name, series, bars }) => ({ name, series, bars })) };
  }

  private async report(context: JobContext, agent: Agent, payload: StudyPayload): Promise<Record<string, unknown>> {
    await context.progress(0, 'reading what was served');
    const known = await this.bars.fresh(agent.source.series, new Date(payload.asOf));
    const policy = await this.timelines.read(agent, startTimeline(payload.study, 0));
    // The replays of a study look at sealed bars as one.
    const opening = await openSealed(this.openings, context, agent, policy);
    const result = await this.measurer.measure({ agent, payload, known, policy }, opening, async (done, what) => {
      context.signal.throwIfAborted();
      await context.progress(done, what);
    });
    const pages = { markdown: studyMarkdown(result), html: studyHtml(result) };
    return { study: result, report: await this.reports.put(payload.study, agent.agent, pages) };
  }
}
