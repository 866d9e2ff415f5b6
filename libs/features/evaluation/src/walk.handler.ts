import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { walkPayloadSchema, type Agent, type PredictItem } from '@tidemark/contracts';
import {
  OUTCOME_READER,
  PREDICTION_LOG_READER,
  PREDICTOR,
  type OutcomeReader,
  type PredictionLogReader,
  type Predictor,
} from '@tidemark/inference/read';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { callerError, conflict } from '@tidemark/kernel';
import { BAR_READER, BAR_WIDTH, snapshotHash, type BarReader, type SeriesSnapshot } from '@tidemark/market-data/read';
import { SEALED_OPENINGS, type SealedOpenings } from '@tidemark/training/read';
import { EvaluationService } from './evaluation.service.js';

/** Bars predicted and committed together. */
const BATCH = 50;
/** Share of the progress bar that the walk itself fills; the rest is outcomes and the table. */
const WALKED = 0.9;

/**
 * Job `walk`: opens the sealed span (logged and numbered) and lets the served version predict at every bar of it, each
 * as of the instant that bar first became known, through the same predictor that answers callers. Then outcomes mature and
 * the result table is built from the log. A later attempt goes on after the rows already committed.
 */
@Injectable()
export class WalkHandler implements JobHandler, OnModuleInit {
  readonly kind = 'walk' as const;

  constructor(
    private readonly agents: AgentCatalog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(PREDICTOR) private readonly predictor: Predictor,
    @Inject(PREDICTION_LOG_READER) private readonly log: PredictionLogReader,
    @Inject(OUTCOME_READER) private readonly outcomes: OutcomeReader,
    @Inject(SEALED_OPENINGS) private readonly openings: SealedOpenings,
    private readonly evaluation: EvaluationService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const { agent } = this.agents.byName(walkPayloadSchema.parse(context.job.payload).agent);
    const snapshot = await this.bars.fresh(agent.source.series);
    const sealedFrom = new Date(`${agent.sealedFrom}T00:00:00Z`);
    const from = firstRow(snapshot, sealedFrom);
    if (from === snapshot.rows) {
      throw callerError(
        'SEALED_SPAN_EMPTY',
        `${agent.source.series} has no bar from ${agent.sealedFrom} on: there is nothing to walk.`,
      );
    }
    const dataHash = snapshotHash(snapshot);
    const opening = await this.openings.open(
      { agent: agent.agent, jobId: context.job.id, sealedFrom, dataHash },
      (runner) => context.fence(runner),
    );
    await context.log(
      'info',
      `opening ${opening} of the sealed span: ${snapshot.rows - from} bars from ${agent.sealedFrom}`,
    );
    await this.predictor.refresh();
    await this.walk(context, agent, snapshot, from);
    await context.progress(WALKED, 'maturing outcomes');
    await this.outcomes.mature(agent.agent);
    const table = await this.evaluation.table({
      agent,
      snapshot,
      from,
      to: snapshot.rows,
      walkJobId: context.job.id,
      opening,
    });
    return { table };
  }

  private async walk(context: JobContext, agent: Agent, snapshot: SeriesSnapshot, from: number): Promise<void> {
    const done = new Set((await this.log.ofJob(context.job.id)).map((prediction) => prediction.asOf.getTime()));
    const rows = Array.from({ length: snapshot.rows - from }, (_, offset) => from + offset);
    const open = rows.filter((row) => !done.has(snapshot.bars[row * BAR_WIDTH]!));
    for (let start = 0; start < open.length; start += BATCH) {
      const batch = open.slice(start, start + BATCH);
      const items = batch.map((row): PredictItem => ({
        agent: agent.agent,
        asOf: new Date(snapshot.firstKnownAt[row]!).toISOString(),
      }));
      const replies = await this.predictor.predict(items, {
        durability: 'durable',
        mode: 'replay',
        jobId: context.job.id,
        signal: context.signal,
      });
      const astray = replies.findIndex(
        (reply, index) => Date.parse(reply.asOf ?? '') !== snapshot.bars[batch[index]! * BAR_WIDTH],
      );
      if (astray >= 0) throw notKnownInOrder(replies[astray]!.asOf);
      await context.progress(
        (WALKED * (start + batch.length)) / open.length,
        `walked ${start + batch.length} of ${open.length} bars`,
      );
    }
  }
}

function firstRow(snapshot: SeriesSnapshot, from: Date): number {
  let row = 0;
  while (row < snapshot.rows && snapshot.bars[row * BAR_WIDTH]! < from.getTime()) row += 1;
  return row;
}

function notKnownInOrder(asOf: string | null): Error {
  return conflict(
    'WALK_BARS_NOT_KNOWN_IN_ORDER',
    `At the instant a bar became known a later one (${asOf ?? 'none'}) was known already: the sealed span holds bars that came late or together and cannot be walked bar by bar.`,
  );
}
