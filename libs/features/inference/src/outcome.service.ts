import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { Outcome } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { BAR_READER, BAR_WIDTH, type BarReader, type SeriesSnapshot } from '@tidemark/market-data/read';
import { computeLabels } from '@tidemark/native';
import { TIMELINES, type Timelines } from '@tidemark/registry/read';
import type { DataSource } from 'typeorm';
import { dueOutcomes } from './outcome.js';
import { OutcomeRepository } from './outcome.repository.js';
import { PredictionRepository } from './prediction.repository.js';
import type { NewOutcome, OutcomeReader } from './read/index.js';

/** Upper bound of a read of outcomes in one piece: more bars than any agent has. */
const ALL = 1_000_000;

/** Turns bars into outcomes of the predictions that were logged, by the label code that trainings use. */
@Injectable()
export class OutcomeService implements OutcomeReader {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly outcomes: OutcomeRepository,
    private readonly predictions: PredictionRepository,
    private readonly agents: AgentCatalog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(TIMELINES) private readonly timelines: Timelines,
  ) {}

  async mature(agent: string): Promise<number> {
    const { label, source } = this.agents.byName(agent).agent;
    const wanted = await this.askedByCallers(agent);
    if (wanted.length === 0) return 0;
    const snapshot = await this.bars.series(source.series);
    if (snapshot.rows === 0) return 0;
    const labels = computeLabels(JSON.stringify(label), snapshot.bars);
    return inTransaction(this.dataSource, async (runner) => {
      await this.outcomes.lock(runner, agent);
      const stored = new Map((await this.outcomes.all(runner, agent)).map((row) => [row.asOf.getTime(), row]));
      const due = dueOutcomes(snapshot, labels, wanted, stored);
      if (due.length > 0) await this.outcomes.insert(runner, agent, due);
      return due.length;
    });
  }

  async matureRecent(agent: string, from: Date): Promise<NewOutcome[]> {
    const { label, source } = this.agents.byName(agent).agent;
    const predicted = await this.outcomes.ofLoop(agent, from);
    if (predicted.length === 0) return [];
    const snapshot = sinceEvent(await this.bars.series(source.series), predicted[0]!.asOf);
    const labels = computeLabels(JSON.stringify(label), snapshot.bars);
    const stored = new Map(predicted.flatMap(({ asOf, latest }) => (latest ? [[asOf.getTime(), latest]] : [])));
    const eventTimes = predicted.map(({ asOf }) => asOf);
    const due = dueOutcomes(snapshot, labels, eventTimes, stored);
    if (due.length > 0) await this.outcomes.insert(this.dataSource, agent, due);
    return due.map(({ asOf, value, revision }) => ({ asOf, value, revision }));
  }

  /** Bars that a loop has not come to yet are its own: it will predict them, and tell its monitors what came true. */
  private async askedByCallers(agent: string): Promise<Date[]> {
    const { schedule } = this.agents.byName(agent).agent;
    const loop = schedule.drift.enabled ? await this.timelines.loop(agent) : undefined;
    if (loop === undefined) return this.predictions.callersEventTimes(agent);
    return loop.seenBar === undefined ? [] : this.predictions.callersEventTimes(agent, new Date(loop.seenBar));
  }

  async latest(agent: string, from: Date, to: Date, timeline?: string): Promise<Outcome[]> {
    return this.outcomes.page({ agent, timeline, from, to: new Date(to.getTime() + 1), limit: ALL });
  }
}

/** The rows from a bar on. A label depends on the bars from its own to its end only, so it is the same there. */
function sinceEvent(snapshot: SeriesSnapshot, first: Date): SeriesSnapshot {
  let row = snapshot.rows;
  while (row > 0 && snapshot.bars[(row - 1) * BAR_WIDTH]! >= first.getTime()) row -= 1;
  return {
    ...snapshot,
    rows: snapshot.rows - row,
    bars: snapshot.bars.subarray(row * BAR_WIDTH),
    knownAt: snapshot.knownAt.subarray(row),
    firstKnownAt: snapshot.firstKnownAt.subarray(row),
  };
}
