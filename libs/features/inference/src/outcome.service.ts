import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { Outcome } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { BAR_READER, type BarReader } from '@tidemark/market-data/read';
import { computeLabels } from '@tidemark/native';
import type { DataSource } from 'typeorm';
import { dueOutcomes } from './outcome.js';
import { OutcomeRepository } from './outcome.repository.js';
import { PredictionRepository } from './prediction.repository.js';
import type { OutcomeReader } from './read/index.js';

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
  ) {}

  async mature(agent: string): Promise<number> {
    const { label, source } = this.agents.byName(agent).agent;
    const wanted = await this.predictions.eventTimes(agent);
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

  async latest(agent: string, from: Date, to: Date): Promise<Outcome[]> {
    return this.outcomes.page({ agent, from, to: new Date(to.getTime() + 1), limit: ALL });
  }
}
