import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { PredictItem, PredictionReply } from '@tidemark/contracts';
import { CLOCK, asOfInstant, callerError, operationalError, uuidV7, type Clock } from '@tidemark/kernel';
import {
  BAR_READER,
  FRESHNESS_READER,
  type BarReader,
  type Freshness,
  type FreshnessReader,
} from '@tidemark/market-data/read';
import { Metrics } from '@tidemark/telemetry';
import { PredictionLog } from './prediction-log.js';
import { recordOf, type PredictionRecord } from './prediction-record.js';
import type { PredictOptions, Predictor } from './read/index.js';
import type { ServedModel } from './served-model.js';
import { ServedModels } from './served-models.js';

/** One row ready to be scored: which model, which inputs, and what is known about their age. */
interface Prepared {
  readonly item: PredictItem;
  readonly served: ServedModel;
  readonly inputs: Float64Array;
  /** Time it took to build the inputs from what was in memory. */
  readonly buildMs: number;
  readonly asOf?: Date;
  readonly freshness?: Freshness;
}

/** Longest time a request builds inputs before others get a turn on the event loop, ms. */
const TURN_MS = 10;

/** Mode under which these predictions are logged. */
const MODE = 'live';

/** Predictions for callers: build inputs, score, log, answer. */
@Injectable()
export class PredictService implements Pick<Predictor, 'predict'> {
  constructor(
    private readonly models: ServedModels,
    private readonly log: PredictionLog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(FRESHNESS_READER) private readonly freshness: FreshnessReader,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Scores every item or none. Errors: AGENT_NOT_FOUND, VERSION_UNKNOWN, NOT_READY, AS_OF_IN_FUTURE, NO_BARS, INSUFFICIENT_HISTORY
   * and INSUFFICIENT_LABELS, the feature errors of the native core, PREDICT_AMBIGUOUS, PREDICT_TOO_MANY_ROWS,
   * PREDICT_DEADLINE, PREDICTION_LOG_UNAVAILABLE and DATABASE_DISK_FULL (durable only).
   */
  async predict(items: readonly PredictItem[], options: PredictOptions): Promise<PredictionReply[]> {
    const { maxRows } = this.config.predict;
    if (items.length > maxRows) {
      const message = `At most ${maxRows} rows a request, got ${items.length}.`;
      throw callerError('PREDICT_TOO_MANY_ROWS', message, { status: 413, details: { maxRows } });
    }
    const started = performance.now();
    const prepared = await this.prepareAll(items, started, options.signal);
    const scoring = performance.now();
    const outputs = await this.score(prepared);
    const workedMs = prepared.reduce((sum, { buildMs }) => sum + buildMs, performance.now() - scoring);
    this.checkDeadline(started, options.signal);
    const latencyUs = (workedMs * 1_000) / items.length;
    const records = prepared.map((row, index) => this.toRecord(row, outputs[index]!, latencyUs));
    const logged = await this.log.append(records, options.durability);
    return prepared.map((row, index) => {
      this.metrics.predictionsTotal.inc({ agent: row.served.agent, version: row.served.version, mode: MODE });
      this.metrics.predictionLatency.observe({ agent: row.served.agent }, latencyUs / 1e6);
      return toReply(row, records[index]!, logged[index]!);
    });
  }

  private async prepareAll(items: readonly PredictItem[], started: number, signal?: AbortSignal): Promise<Prepared[]> {
    const prepared: Prepared[] = [];
    let turn = started;
    for (const item of items) {
      if (performance.now() - turn > TURN_MS) {
        await setImmediate();
        turn = performance.now();
      }
      this.checkDeadline(started, signal);
      prepared.push(await this.prepare(item));
    }
    return prepared;
  }

  private checkDeadline(started: number, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    const { deadlineMs } = this.config.predict;
    if (performance.now() - started > deadlineMs) {
      const message = `The request took longer than ${deadlineMs} ms; send fewer rows.`;
      throw operationalError('PREDICT_DEADLINE', message, { status: 504 });
    }
  }

  private async prepare(item: PredictItem): Promise<Prepared> {
    if (item.features !== undefined && item.asOf !== undefined) {
      const message = 'Send either asOf (inputs from stored bars) or features (your own inputs), not both.';
      throw callerError('PREDICT_AMBIGUOUS', message);
    }
    const served =
      item.version === undefined
        ? this.models.current(item.agent)
        : await this.models.version(item.agent, item.version);
    if (item.features !== undefined) {
      const began = performance.now();
      const inputs = served.inputsFrom(item.features);
      return { item, served, inputs, buildMs: performance.now() - began };
    }
    const now = this.clock.now();
    const at = item.asOf === undefined ? now : asOfInstant(item.asOf, now);
    const snapshot = await this.bars.series(served.series, at);
    if (snapshot.rows === 0 && item.asOf !== undefined) {
      throw callerError(
        'NO_BARS',
        `No bars of ${served.series} were known at ${at.toISOString()}: ask for a later time.`,
      );
    }
    const began = performance.now();
    const inputs = served.inputsAt(snapshot);
    const buildMs = performance.now() - began;
    const freshness = this.freshness.at(item.agent, snapshot, at);
    return { item, served, inputs, buildMs, asOf: snapshot.lastEventTime, freshness };
  }

  /** A single row is scored on the spot, in microseconds; many rows go off the event loop, one batch a model. */
  private async score(prepared: readonly Prepared[]): Promise<Float64Array[]> {
    const [first] = prepared;
    if (first !== undefined && prepared.length === 1) return [first.served.predictOne(first.inputs)];
    const outputs = new Array<Float64Array>(prepared.length);
    for (const served of new Set(prepared.map((row) => row.served))) {
      const indexes = prepared.flatMap((row, index) => (row.served === served ? [index] : []));
      const scored = await served.predictMany(indexes.map((index) => prepared[index]!.inputs));
      indexes.forEach((index, position) => (outputs[index] = scored[position]!));
    }
    return outputs;
  }

  private toRecord(row: Prepared, outputs: Float64Array, latencyUs: number): PredictionRecord {
    const { served, inputs, asOf, item } = row;
    const id = uuidV7(this.clock);
    return recordOf(served, { id, at: this.clock.now(), mode: MODE, inputs, asOf, key: item.key, outputs, latencyUs });
  }
}

function toReply(row: Prepared, record: PredictionRecord, logged: PredictionReply['logged']): PredictionReply {
  return {
    id: record.id,
    agent: record.agent,
    version: record.version,
    sequence: record.sequence,
    generation: record.generation,
    outputs: Object.fromEntries(record.outputNames.map((name, index) => [name, record.outputs[index]!])),
    asOf: row.asOf?.toISOString() ?? null,
    dataAgeSeconds: row.freshness?.dataAgeSeconds ?? null,
    stale: row.freshness?.stale ?? false,
    historical: row.freshness?.historical ?? false,
    logged,
    latencyUs: record.latencyUs,
  };
}
