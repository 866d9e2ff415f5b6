import {
  policySchema,
  type Agent,
  type Decision,
  type DecisionResult,
  type ModelVersion,
  type Outcome,
} from '@tidemark/contracts';
import { execute, selectRows } from '@tidemark/database';
import type { LoopPrediction } from '@tidemark/inference/read';
import type { LoopPolicy } from '@tidemark/loop/read';
import { BAR_WIDTH, type SeriesSnapshot } from '@tidemark/market-data/read';
import type { TimelineAlarm } from '@tidemark/monitoring/read';
import type { DataSource } from 'typeorm';
import { EvaluationService } from '../evaluation.service.js';
import type { SpanOutputs } from '../scored-span.js';
import { TimelineReader } from '../timeline-reader.js';

const DAY_MS = 86_400_000;

/** What a loop of a test did at a bar of its series. */
export interface StoredDecision {
  readonly row: number;
  readonly kind: 'slot' | 'candidate';
  readonly action: DecisionResult['action'];
  readonly reason: string;
}

export interface StoredTimeline {
  readonly id: string;
  readonly policy: Readonly<Record<string, unknown>>;
  /** First row of the series that the loop predicted. */
  readonly from: number;
  /** Outputs of each predicted bar, in order, and the version that gave them. */
  readonly outputs: SpanOutputs;
  readonly versionAt: (row: number) => string;
  /** Labels as the loop matured them; NaN where none has. */
  readonly labels: Float64Array;
  readonly decisions?: readonly StoredDecision[];
}

/** Daily bars with these closes, each known a day after its date. */
export function snapshotOf(closes: Float64Array, start: string): SeriesSnapshot {
  const rows = closes.length;
  const first = Date.parse(start);
  const bars = new Float64Array(rows * BAR_WIDTH);
  closes.forEach((close, row) =>
    bars.set([first + row * DAY_MS, close, close * 1.01, close * 0.99, close, 1000], row * BAR_WIDTH),
  );
  const knownAt = Float64Array.from(closes, (_, row) => first + (row + 1) * DAY_MS);
  return {
    series: 'test_series',
    rows,
    bars,
    knownAt,
    firstKnownAt: knownAt,
    lastEventTime: new Date(first + (rows - 1) * DAY_MS),
    lastKnownAt: new Date(first + rows * DAY_MS),
  };
}

/**
 * Timelines of one agent and the services that read them. Predictions and outcomes stand in the tables, where a test may
 * damage them; loops, decisions and alarms are as their features would tell them.
 */
export class StoredTimelines {
  private readonly loops = new Map<string, LoopPolicy>();
  private readonly decided: Decision[] = [];
  private readonly raised: (TimelineAlarm & { readonly timeline: string })[] = [];

  constructor(
    readonly dataSource: DataSource,
    readonly agent: Agent,
    readonly snapshot: SeriesSnapshot,
  ) {}

  timeOf(row: number): Date {
    return new Date(this.snapshot.bars[row * BAR_WIDTH]!);
  }

  async store(timeline: StoredTimeline): Promise<void> {
    await execute(this.dataSource, 'insert into timelines (id, created_at) values ($1, now()) on conflict do nothing', [
      timeline.id,
    ]);
    this.loops.set(timeline.id, {
      policy: policySchema.parse(timeline.policy),
      policyHash: `hash of ${timeline.id}`,
    });
    await this.storePredictions(timeline);
    await this.storeOutcomes(timeline);
    this.decided.push(...(timeline.decisions ?? []).map((decision) => this.decision(timeline.id, decision)));
  }

  /** Alarms at rows, to be raised in the order of the rows. */
  alarm(timeline: string, monitor: string, rows: readonly number[]): void {
    for (const row of rows) {
      const what = { kind: 'PERFORMANCE', severity: 'high', monitor, subject: `subject ${row}` } as const;
      this.raised.push({ timeline, ...what, message: 'higher', openedAsOf: this.timeOf(row) });
    }
  }

  /** The table's services on these timelines; `baseline` are the registered artifact's outputs on the whole series. */
  services(baseline: SpanOutputs): { readonly reader: TimelineReader; readonly evaluation: EvaluationService } {
    const reader = new TimelineReader(
      { loop: (agent, query) => this.logged(agent, query!.timeline!) },
      { latest: (agent, from, to, timeline) => this.outcomes(agent, from, to, timeline!) },
      { fresh: async (_series, asOf) => this.knownAt(asOf) },
    );
    const version = (number: string): ModelVersion =>
      ({ version: number, family: number === '0.1.0' ? this.agent.baseline : this.agent.families[0] }) as ModelVersion;
    const catalog = {
      firstVersion: async () => version('0.1.0'),
      version: async (_model: string, number: string) => version(number),
    };
    const scorer = {
      score: async (_sha256: string, _snapshot: SeriesSnapshot, from: number, to: number) =>
        new Map([...baseline].map(([name, values]) => [name, values.subarray(from, to)])),
    };
    const loops = { policyOf: async (_agent: string, timeline?: string) => this.loops.get(timeline!) };
    const decider = {
      acted: async (_agent: string, timeline?: string) => this.decided.filter((each) => each.timeline === timeline),
    };
    const monitoring = {
      alarms: async (_agent: string, timeline?: string) => this.raised.filter((each) => each.timeline === timeline),
      speaking: async () => [],
      drift: async () => [],
    };
    const runs = { configurationsTried: async () => 0 };
    const evaluation = new EvaluationService(catalog, reader, loops, decider, monitoring, runs, scorer);
    return { reader, evaluation };
  }

  private knownAt(asOf: Date | undefined): SeriesSnapshot {
    const known = this.snapshot.knownAt.filter((time) => asOf === undefined || time <= asOf.getTime()).length;
    return { ...this.snapshot, rows: known, bars: this.snapshot.bars.subarray(0, known * BAR_WIDTH) };
  }

  private async storePredictions({ id, from, outputs, versionAt }: StoredTimeline): Promise<void> {
    const names = [...outputs.keys()];
    const bars = outputs.get(names[0]!)!.length;
    for (let row = 0; row < bars; row += 1) {
      await execute(
        this.dataSource,
        `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, as_of,
           inputs_sha256, output_names, outputs, latency_us)
         values (gen_random_uuid(), now(), $1, $2, gen_random_uuid(), $3, 1, 1, 'loop', $4, '', $5, $6, 0)`,
        [
          id,
          this.agent.agent,
          versionAt(row),
          this.timeOf(from + row),
          names,
          names.map((name) => outputs.get(name)![row]),
        ],
      );
    }
  }

  private async storeOutcomes({ id, from, labels }: StoredTimeline): Promise<void> {
    for (const [row, value] of labels.entries()) {
      if (Number.isNaN(value)) continue;
      await execute(
        this.dataSource,
        `insert into outcomes (timeline_id, agent, as_of, revision, value, label_end, known_at) values ($1, $2, $3, 1, $4, $3, $3)`,
        [id, this.agent.agent, this.timeOf(from + row), value],
      );
    }
  }

  private decision(timeline: string, { row, kind, action, reason }: StoredDecision): Decision {
    const at = this.timeOf(row).toISOString();
    return {
      ...{ id: `${timeline} ${row} ${kind}`, timeline, agent: this.agent.agent, kind, slotAt: at, asOf: at },
      ...{ action, reason, result: { action, reason, rules: [] } },
      ...{ contextSha256: '', policyHash: '', codeVersion: 'test' },
    };
  }

  private async logged(agent: string, timeline: string): Promise<LoopPrediction[]> {
    const rows = await selectRows<{ as_of: Date; version: string; output_names: string[]; outputs: number[] }>(
      this.dataSource,
      `select as_of, version, output_names, outputs from predictions
       where timeline_id = $1 and agent = $2 and mode = 'loop' order by as_of`,
      [timeline, agent],
    );
    return rows.map(({ as_of, version, output_names, outputs }) => ({
      asOf: as_of,
      version,
      sequence: 1,
      artifactSha256: '',
      family: 'logistic',
      outputs: Object.fromEntries(output_names.map((name, index) => [name, outputs[index]!])),
    }));
  }

  private async outcomes(agent: string, from: Date, to: Date, timeline: string): Promise<Outcome[]> {
    const rows = await selectRows<{ as_of: Date; value: number }>(
      this.dataSource,
      'select as_of, value from outcomes where timeline_id = $1 and agent = $2 and as_of between $3 and $4 order by as_of',
      [timeline, agent, from, to],
    );
    return rows.map(({ as_of, value }) => {
      const time = as_of.toISOString();
      return { timeline, agent, asOf: time, value, labelEnd: time, knownAt: time, revision: 1 };
    });
  }
}
