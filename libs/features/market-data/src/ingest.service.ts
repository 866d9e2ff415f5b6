import { Inject, Injectable } from '@nestjs/common';
import type { BarInput, IngestReport } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { CLOCK, type Clock } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { barsInvalid, futureProblems, orderProblems, priceProblems } from './bar-problems.js';
import { openEqualsPreviousClose, samePrices, warningsFor, type Bar, type StoredBar } from './bar.js';
import { BarRepository } from './bar.repository.js';
import { parseTime } from './csv-bars.js';

export interface IngestOptions {
  readonly source: string;
  /**
   * Hours after the event time at which a bar of the source's very first ingest counts as known. Rows first seen by a
   * later ingest became known when they were seen: now.
   */
  readonly knownAfterHours?: number;
}

interface Plan {
  readonly fresh: StoredBar[];
  readonly restated: StoredBar[];
  readonly unchanged: number;
}

const HOUR_MS = 3_600_000;

/** Takes bars in: checks them all first, then stores new ones and restatements in one transaction. */
@Injectable()
export class IngestService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly bars: BarRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Bars sent by a caller: known from now on. */
  async post(series: string, inputs: readonly BarInput[]): Promise<IngestReport> {
    const bars = inputs.map(fromInput);
    const rowOf = (index: number): number => index + 1;
    const problems = [...bars.flatMap((bar, index) => priceProblems(bar, rowOf(index))), ...orderProblems(bars, rowOf)];
    problems.push(...futureProblems(bars, this.clock.now(), rowOf));
    if (problems.length > 0) throw barsInvalid('bars', problems);
    return this.store(series, bars, { source: 'api' });
  }

  async store(series: string, bars: readonly Bar[], options: IngestOptions): Promise<IngestReport> {
    const plan = await inTransaction(this.dataSource, async (runner) => {
      await this.bars.lockSeries(runner, series);
      const planned = await this.plan(runner, series, bars, options);
      const rows = [...planned.fresh, ...planned.restated];
      if (rows.length > 0) await this.bars.insert(runner, series, options.source, rows);
      return planned;
    });
    return {
      series,
      rows: bars.length,
      inserted: plan.fresh.length,
      unchanged: plan.unchanged,
      restated: plan.restated.length,
      from: bars[0]?.eventTime.toISOString(),
      to: bars.at(-1)?.eventTime.toISOString(),
      openEqualsPreviousClose: openEqualsPreviousClose(bars),
      warnings: warningsFor(bars),
    };
  }

  private async plan(runner: QueryRunner, series: string, bars: readonly Bar[], options: IngestOptions): Promise<Plan> {
    const first = bars[0];
    const last = bars.at(-1);
    if (first === undefined || last === undefined) return { fresh: [], restated: [], unchanged: 0 };
    const isFirstIngest =
      options.knownAfterHours !== undefined && !(await this.bars.exists(runner, series, options.source));
    const now = this.clock.now();
    const knownAt = (bar: Bar): Date => (isFirstIngest ? declaredKnownAt(bar, options.knownAfterHours ?? 0, now) : now);
    const stored = await this.bars.latest(runner, series, first.eventTime, last.eventTime);
    const byTime = new Map(stored.map((bar) => [bar.eventTime.getTime(), bar]));
    const plan: Plan & { unchanged: number } = { fresh: [], restated: [], unchanged: 0 };
    for (const bar of bars) {
      const before = byTime.get(bar.eventTime.getTime());
      if (before === undefined) plan.fresh.push({ ...bar, knownAt: knownAt(bar) });
      else if (samePrices(before, bar)) plan.unchanged += 1;
      else plan.restated.push({ ...bar, knownAt: after(before.knownAt, now) });
    }
    return plan;
  }
}

/** History from before we watched: taken as known the declared time after its event, and never later than now. */
function declaredKnownAt(bar: Bar, hours: number, now: Date): Date {
  return new Date(Math.min(bar.eventTime.getTime() + hours * HOUR_MS, now.getTime()));
}

/** A restatement is known strictly after the row it replaces, even when the clock stands still. */
function after(previous: Date, now: Date): Date {
  return new Date(Math.max(now.getTime(), previous.getTime() + 1));
}

function fromInput(input: BarInput): Bar {
  const { time, ...prices } = input;
  return { ...prices, eventTime: parseTime(time) ?? new Date(Number.NaN) };
}
