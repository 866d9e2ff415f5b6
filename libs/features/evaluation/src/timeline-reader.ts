import { Inject, Injectable } from '@nestjs/common';
import type { Agent } from '@tidemark/contracts';
import { conflict } from '@tidemark/kernel';
import {
  OUTCOME_READER,
  PREDICTION_LOG_READER,
  type LoggedPrediction,
  type OutcomeReader,
  type PredictionLogReader,
} from '@tidemark/inference/read';
import { BAR_READER, BAR_WIDTH, type BarReader, type SeriesSnapshot } from '@tidemark/market-data/read';
import { computeLabels } from '@tidemark/native';
import {
  outputNames,
  servedOutputs,
  sliceOutputs,
  sliceSpan,
  truthOf,
  type Span,
  type SpanOutputs,
} from './scored-span.js';

/** What a timeline's loop served, bar by bar, as its log and its outcomes tell it. */
export interface TimelineRows {
  readonly timeline: string;
  /** The series as known when the last of these bars became known. */
  readonly snapshot: SeriesSnapshot;
  /** Row of the span's first bar in the snapshot. */
  readonly from: number;
  readonly span: Span;
  readonly logged: readonly LoggedPrediction[];
  readonly outputs: SpanOutputs;
}

/** Reads what the loop predicted on a timeline; a log with holes is refused. */
@Injectable()
export class TimelineReader {
  constructor(
    @Inject(PREDICTION_LOG_READER) private readonly log: Pick<PredictionLogReader, 'loop'>,
    @Inject(OUTCOME_READER) private readonly outcomes: Pick<OutcomeReader, 'latest'>,
    @Inject(BAR_READER) private readonly bars: Pick<BarReader, 'fresh'>,
  ) {}

  /** From the first bar that the loop predicted to the last. @throws PREDICTION_LOG_INCOMPLETE, OUTCOMES_INCOMPLETE */
  async read(agent: Agent, timeline: string): Promise<TimelineRows> {
    const logged = await this.log.loop(agent.agent, { timeline });
    const [first, last] = [logged[0]?.asOf, logged.at(-1)?.asOf];
    if (first === undefined || last === undefined) throw nothingLogged(agent.agent, timeline);
    const snapshot = await this.knownWith(agent.source.series, last);
    const [from, to] = [rowAt(snapshot, first), rowAt(snapshot, last) + 1];
    const eventTimes = Array.from(
      { length: to - from },
      (_, row) => new Date(snapshot.bars[(from + row) * BAR_WIDTH]!),
    );
    const closes = Float64Array.from(eventTimes, (_, row) => snapshot.bars[(from + row) * BAR_WIDTH + 4]!);
    const nextClose = to < snapshot.rows ? snapshot.bars[to * BAR_WIDTH + 4] : undefined;
    const labels = computeLabels(agent.label, snapshot.bars).value.subarray(from, to);
    const outcomes = await this.outcomes.latest(agent.agent, first, last, timeline);
    const span = { eventTimes, closes, nextClose, truth: truthOf(eventTimes, outcomes, labels) };
    return { timeline, snapshot, from, span, logged, outputs: servedOutputs(span, logged, outputNames(agent)) };
  }

  private async knownWith(series: string, eventTime: Date): Promise<SeriesSnapshot> {
    const all = await this.bars.fresh(series);
    return this.bars.fresh(series, new Date(all.firstKnownAt[rowAt(all, eventTime)]!));
  }
}

/**
 * The same bars of every timeline: those up to the first one's end that all of them predicted. A timeline that goes on
 * live is longer than its comparisons.
 * @throws TIMELINES_DIFFER when one began at another bar than the first.
 */
export function onCommonBars(timelines: readonly [TimelineRows, ...TimelineRows[]]): [TimelineRows, ...TimelineRows[]] {
  const [{ span, timeline }] = timelines;
  const bars = Math.min(...timelines.map((each) => each.span.eventTimes.length));
  const other = timelines.find((each) =>
    span.eventTimes.slice(0, bars).some((time, row) => each.span.eventTimes[row]!.getTime() !== time.getTime()),
  );
  if (other === undefined) {
    const [first, ...rest] = timelines.map((each) => cut(each, bars));
    return [first!, ...rest];
  }
  throw conflict(
    'TIMELINES_DIFFER',
    `${other.timeline} did not predict the same bars as ${timeline}: replay both over the same span.`,
    { timelines: [timeline, other.timeline] },
  );
}

function cut(rows: TimelineRows, bars: number): TimelineRows {
  return {
    ...rows,
    span: sliceSpan(rows.span, 0, bars),
    logged: rows.logged.slice(0, bars),
    outputs: sliceOutputs(rows.outputs, 0, bars),
  };
}

function nothingLogged(agent: string, timeline: string): Error {
  return conflict(
    'PREDICTION_LOG_INCOMPLETE',
    `The loop of ${agent} has predicted no bar on the timeline ${timeline}: no result is computed from it.`,
    { agent, timeline },
  );
}

/** Row of the bar with this event time. @throws PREDICTION_LOG_INCOMPLETE when the log names a bar that is not there. */
function rowAt(snapshot: SeriesSnapshot, time: Date): number {
  for (let row = 0; row < snapshot.rows; row += 1) {
    if (snapshot.bars[row * BAR_WIDTH] === time.getTime()) return row;
  }
  throw conflict(
    'PREDICTION_LOG_INCOMPLETE',
    `The prediction log names a bar of ${time.toISOString()}, which the series does not hold: no result is computed from it.`,
    { asOf: time.toISOString() },
  );
}
