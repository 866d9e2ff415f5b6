import { NotificationOutbox } from '@tidemark/notifications';
import type { Agent, ModelVersion, Monitors, Outcome, Signature, VersionFacts } from '@tidemark/contracts';
import type { ArtifactScorer, LoopPrediction, OutcomeReader, PredictionLogReader } from '@tidemark/inference/read';
import { SteppedClock, WorldClock, inWorld } from '@tidemark/kernel';
import {
  BAR_WIDTH,
  type BarReader,
  type Freshness,
  type FreshnessReader,
  type SeriesSnapshot,
} from '@tidemark/market-data/read';
import { computeInputs, computeLabels } from '@tidemark/native';
import type { VersionCatalog } from '@tidemark/registry/read';
import { packBars, type TestBar } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { MonitorRepository } from '../monitor.repository.js';
import { MonitoringService } from '../monitoring.service.js';
import type { MaturedOutcome, MonitorSession, ObservedBar } from '../read/index.js';

const DAY_MS = 86_400_000;

/** Answers of an artifact in this world: the first output of a bar, by its row. */
export type Forecast = (row: number) => number;

export interface WorldOptions {
  readonly agent: Agent;
  readonly monitors: Monitors;
  readonly bars: TestBar[];
  readonly timeline?: string;
  readonly forecasts?: Readonly<Record<string, Forecast>>;
  /** Which version serves a bar. */
  readonly serving?: (row: number) => VersionFacts;
  readonly outputs?: (row: number) => Record<string, number>;
}

export const BASELINE: VersionFacts = {
  version: '0.1.0',
  sequence: 1,
  family: 'base_rate',
  artifactSha256: 'baseline',
  isBaseline: true,
};
export const TRAINED: VersionFacts = {
  version: '1.0.0',
  sequence: 2,
  family: 'logistic',
  artifactSha256: 'trained',
  isBaseline: false,
};

/** A loop in miniature: bars one by one, their predictions logged, their labels matured, then observed. */
export class LoopWorld {
  readonly clock: SteppedClock;
  readonly logged: LoopPrediction[] = [];
  readonly outcomes = new Map<number, number>();
  private readonly service: MonitoringService;

  constructor(
    dataSource: DataSource,
    private readonly options: WorldOptions,
  ) {
    this.clock = new SteppedClock(new Date(options.bars[0]!.eventTime));
    this.service = new MonitoringService(
      new MonitorRepository(dataSource, new WorldClock(this.clock), new NotificationOutbox(dataSource, this.clock)),
      this.bars(),
      freshness,
      this.log(),
      this.outcomeReader(),
      this.scorer(),
      { firstVersion: async () => BASELINE as unknown as ModelVersion } as Partial<VersionCatalog> as VersionCatalog,
    );
  }

  inside<T>(work: () => T): T {
    return inWorld({ timeline: this.options.timeline ?? 'main', clock: this.clock }, work);
  }

  open(watch = true): Promise<MonitorSession> {
    return this.inside(() => this.service.open(this.options.agent, this.options.monitors, { watch }));
  }

  /** Loops over the bars [from, to). */
  async run(session: MonitorSession, from: number, to: number): Promise<void> {
    for (let row = from; row < to; row += 1) {
      const [bar, matured] = this.step(row);
      await this.inside(() => session.observe(bar, matured));
    }
  }

  /** What the loop hands over at a bar. */
  step(row: number): [ObservedBar, MaturedOutcome[]] {
    const { options } = this;
    const asOf = options.bars[row]!.eventTime;
    this.clock.stepTo(new Date(asOf.getTime() + DAY_MS));
    const snapshot = this.snapshot(row + 1);
    const serving = options.serving?.(row) ?? TRAINED;
    const outputs = options.outputs?.(row) ?? { probability: options.forecasts![serving.artifactSha256]!(row) };
    const { version, sequence, family, artifactSha256 } = serving;
    this.logged.push({ asOf, version, sequence, family, artifactSha256, outputs });
    return [{ snapshot, row, asOf, serving, outputs }, this.mature(snapshot)];
  }

  snapshot(rows: number): SeriesSnapshot {
    const known = this.options.bars.slice(0, rows);
    const knownAt = Float64Array.from(known, ({ eventTime }) => eventTime.getTime() + DAY_MS);
    return {
      series: this.options.agent.source.series,
      rows,
      bars: packBars(known),
      knownAt,
      firstKnownAt: knownAt,
      lastEventTime: known.at(-1)?.eventTime,
      lastKnownAt: new Date(knownAt.at(-1)!),
    };
  }

  private mature(snapshot: SeriesSnapshot): MaturedOutcome[] {
    const labels = computeLabels(this.options.agent.label, snapshot.bars);
    const times = new Set(this.logged.map(({ asOf }) => asOf.getTime()));
    const matured: MaturedOutcome[] = [];
    for (let row = Math.max(0, snapshot.rows - 40); row < snapshot.rows; row += 1) {
      const asOf = snapshot.bars[row * BAR_WIDTH]!;
      const value = labels.value[row]!;
      if (labels.endIndex[row]! < 0 || !times.has(asOf) || this.outcomes.get(asOf) === value) continue;
      this.outcomes.set(asOf, value);
      matured.push({ asOf: new Date(asOf), value });
    }
    return matured;
  }

  private bars(): BarReader {
    const series = async (): Promise<SeriesSnapshot> =>
      this.snapshot(
        this.options.bars.filter(({ eventTime }) => eventTime.getTime() + DAY_MS <= this.clock.now().getTime()).length,
      );
    return { series, fresh: series };
  }

  private log(): PredictionLogReader {
    return { loop: async () => [...this.logged] };
  }

  private outcomeReader(): OutcomeReader {
    const latest = async (): Promise<Outcome[]> =>
      [...this.outcomes].map(([asOf, value]) => ({ asOf: new Date(asOf).toISOString(), value }) as Outcome);
    return { latest } as Partial<OutcomeReader> as OutcomeReader;
  }

  /** Artifacts look at `ret_20`, doubled in the first output by what the row says. */
  private scorer(): ArtifactScorer {
    const { label } = this.options.agent;
    const inputs = [
      { kind: 'column', name: 'ret_20', column: 'ret_20', width: 1 },
      { kind: 'column', name: 'ret_5', column: 'ret_5', width: 1 },
    ] as const;
    const signature = { inputs, label, outputs: [{ name: 'probability', unit: 'probability' }] };
    return {
      signature: async () => signature as unknown as Signature,
      rowWidth: async () => inputs.length,
      score: async (sha256, _snapshot, from, to) => {
        const forecast = this.options.forecasts![sha256]!;
        return new Map([['probability', Float64Array.from({ length: to - from }, (_, at) => forecast(from + at))]]);
      },
      inputRows: async (_sha256, snapshot, from, to) =>
        computeInputs({ inputs: [...inputs], label }, snapshot.bars, from, to),
      predictRows: async (_sha256, rows, count) =>
        Float64Array.from({ length: count }, (_, row) => 1 / (1 + Math.exp(-40 * rows[2 * row]!))),
    };
  }
}

/** Without a calendar: stale after four days and one. */
const freshness: FreshnessReader = {
  at: (_agent, { lastEventTime }, at): Freshness | undefined => {
    const age = at.getTime() - lastEventTime!.getTime();
    return { dataAgeSeconds: age / 1_000, stale: age > 5 * DAY_MS, historical: false };
  },
};
