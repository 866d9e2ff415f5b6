import type { Agent, Monitors } from '@tidemark/contracts';
import type { ArtifactScorer } from '@tidemark/inference/read';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import { DriftHistory } from './drift-history.js';
import { statisticsOf } from './drift-evaluator.js';
import { FeatureMatrix } from './feature-matrix.js';
import type { MaturedOutcome, ObservedBar } from './read/index.js';
import { ServedSeries, forecastOf, servedBar, type MaturedBar, type ServedBar } from './served-series.js';
import { VALUE_AT_RISK_OUTPUT } from './value-at-risk.js';

const CLOSE = 4;

/**
 * The series that an agent's monitors look at: features of every bar, what was served since the loop began, and what came
 * true. A function of the bars as known now, the logged predictions and the outcomes: built anew it is the same.
 */
export class WatchedHistory {
  readonly served = new ServedSeries();
  readonly features: DriftHistory;
  readonly predictions: DriftHistory;
  private readonly matrix: FeatureMatrix;
  private known: SeriesSnapshot | undefined;

  constructor(
    agent: Agent,
    monitors: Monitors,
    private readonly scorer: ArtifactScorer,
    private readonly baselineSha256: string | undefined,
  ) {
    this.features = new DriftHistory(agent.features.length, monitors.features, statisticsOf(monitors.features));
    this.predictions = new DriftHistory(1, monitors.predictions, statisticsOf(monitors.predictions));
    this.matrix = new FeatureMatrix(agent.features, agent.label);
  }

  /** The newest snapshot seen. */
  get snapshot(): SeriesSnapshot | undefined {
    return this.known;
  }

  /** Row of a bar in the feature series; negative or undefined before the first bar with all features. */
  featureRow(bar: number): number | undefined {
    return this.matrix.firstBar === undefined ? undefined : bar - this.matrix.firstBar;
  }

  /** Event time of a row of the feature series. */
  featureTime(row: number): Date {
    return new Date(this.known!.bars[(row + this.matrix.firstBar!) * BAR_WIDTH]!);
  }

  /** What is stored of the past: the bars served, oldest first, and their outcomes. */
  restore(served: readonly ServedBar[], outcomes: readonly MaturedOutcome[], snapshot: SeriesSnapshot): void {
    this.known = snapshot;
    for (const bar of served) this.add(bar);
    this.mature(outcomes);
  }

  observe(bar: ObservedBar, matured: readonly MaturedOutcome[]): void {
    const { from, rows } = this.matrix.follow(bar.snapshot, bar.row);
    if (from < this.features.rows) this.forgetBaseline(this.featureTime(from).getTime());
    this.features.truncate(from);
    this.features.append(rows);
    this.known = bar.snapshot;
    this.served.dropFrom(bar.asOf.getTime());
    this.predictions.truncate(this.served.count);
    this.add(servedBar(bar.asOf, bar.serving, bar.outputs));
    this.mature(matured);
  }

  /** The bars with the baseline's forecast on each; bars without one are scored in one go. */
  async withBaseline(bars: readonly MaturedBar[]): Promise<readonly MaturedBar[]> {
    const open = bars.filter(({ baseline }) => baseline === undefined);
    if (open.length === 0 || this.baselineSha256 === undefined) return bars;
    const forecasts = await this.score(this.baselineSha256, open);
    open.forEach((bar, index) => (bar.baseline = forecasts[index]!));
    return bars;
  }

  /** First output of an artifact on served bars, oldest first. */
  async score(sha256: string, bars: readonly ServedBar[]): Promise<Float64Array> {
    const snapshot = this.known!;
    const rows = bars.map(({ asOf }) => rowOf(snapshot, asOf));
    const from = rows[0]!;
    const [outputs] = (await this.scorer.score(sha256, snapshot, from, rows.at(-1)! + 1)).values();
    return Float64Array.from(rows, (row) => outputs![row - from]!);
  }

  private add(bar: ServedBar): void {
    this.served.add(bar);
    this.predictions.append(Float64Array.of(forecastOf(bar)));
  }

  private mature(outcomes: readonly MaturedOutcome[]): void {
    for (const { asOf, value } of outcomes) {
      const bar = this.served.at(asOf.getTime());
      if (bar === undefined) continue;
      bar.truth = value;
      bar.isBreach = isBreach(this.known!, bar);
    }
  }

  /** What the baseline would have answered changes with the bars. */
  private forgetBaseline(from: number): void {
    for (const bar of this.served.all()) if (bar.asOf >= from) delete bar.baseline;
  }
}

/** The next bar's log return lies below minus the value at risk; undefined without one of the two. */
function isBreach(snapshot: SeriesSnapshot, { asOf, outputs }: ServedBar): boolean | undefined {
  const valueAtRisk = outputs[VALUE_AT_RISK_OUTPUT];
  const row = rowOf(snapshot, asOf);
  if (valueAtRisk === undefined || row + 1 >= snapshot.rows) return undefined;
  const close = (at: number): number => snapshot.bars[at * BAR_WIDTH + CLOSE]!;
  return Math.log(close(row + 1) / close(row)) < -valueAtRisk;
}

/** Row of an event time, by bisection. */
export function rowOf(snapshot: SeriesSnapshot, asOf: number): number {
  let low = 0;
  let high = snapshot.rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (snapshot.bars[middle * BAR_WIDTH]! < asOf) low = middle + 1;
    else high = middle;
  }
  return low;
}
