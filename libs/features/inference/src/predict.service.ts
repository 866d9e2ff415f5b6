import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { PredictItem, PredictionReply } from '@tidemark/contracts';
import { CLOCK, MAIN_TIMELINE, callerError, instantOf, operationalError, uuidV7, type Clock } from '@tidemark/kernel';
import {
  BAR_READER,
  FRESHNESS_READER,
  type BarReader,
  type Freshness,
  type FreshnessReader,
} from '@tidemark/market-data/read';
import { Metrics } from '@tidemark/telemetry';
import { PredictionLog } from './prediction-log.js';
import { STORED_INPUT_WIDTH, hashInputs, type PredictionRecord } from './prediction-record.js';
import type { PredictOptions, Predictor } from './read/index.js';
import type { ServedModel } from './served-model.js';
import { ServedModels } from './served-models.js';

/** One row ready to be scored: which model, which inputs, and what is known about their age. */
interface Prepared {
  readonly item: PredictItem;
  readonly served: ServedModel;
  readonly inputs: Float64Array;
  readonly asOf?: Date;
  readonly freshness?: Freshness;
}

/** Predictions for live callers and for walks: build inputs, score, log, answer. */
@Injectable()
export class PredictService implements Predictor {
  constructor(
    private readonly models: ServedModels,
    private readonly log: PredictionLog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(FRESHNESS_READER) private readonly freshness: FreshnessReader,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly metrics: Metrics,
  ) {}

  refresh(): Promise<void> {
    return this.models.refresh();
  }

  /**
   * Scores every item or none. Errors: AGENT_NOT_FOUND, VERSION_UNKNOWN, NOT_READY, HISTORY_INSUFFICIENT, the feature
   * errors of the native core, PREDICT_TOO_MANY_ROWS, PREDICT_DEADLINE, PREDICTION_LOG_UNAVAILABLE (durable only).
   */
  async predict(items: readonly PredictItem[], options: PredictOptions): Promise<PredictionReply[]> {
    if (items.length > this.config.predict.maxRows) {
      throw callerError(
        'PREDICT_TOO_MANY_ROWS',
        `At most ${this.config.predict.maxRows} rows a request, got ${items.length}.`,
        { status: 413 },
      );
    }
    const started = performance.now();
    const prepared: Prepared[] = [];
    for (const item of items) {
      this.checkDeadline(started, options.signal);
      prepared.push(await this.prepare(item));
    }
    const outputs = await this.score(prepared);
    this.checkDeadline(started, options.signal);
    const latencyUs = ((performance.now() - started) * 1_000) / items.length;
    const records = prepared.map((row, index) => this.toRecord(row, outputs[index]!, latencyUs, options));
    const logged = await this.log.append(records, options.durability);
    return prepared.map((row, index) => {
      this.metrics.predictionsTotal.inc({ agent: row.served.agent, version: row.served.version, mode: options.mode });
      this.metrics.predictionLatency.observe({ agent: row.served.agent }, latencyUs / 1e6);
      return toReply(row, records[index]!, logged[index]!);
    });
  }

  private checkDeadline(started: number, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    const { deadlineMs } = this.config.predict;
    if (performance.now() - started > deadlineMs) {
      throw operationalError('PREDICT_DEADLINE', `The request took longer than ${deadlineMs} ms; send fewer rows.`, {
        status: 504,
      });
    }
  }

  private async prepare(item: PredictItem): Promise<Prepared> {
    if (item.features !== undefined && item.asOf !== undefined) {
      throw callerError(
        'PREDICT_AMBIGUOUS',
        'Send either asOf (inputs from stored bars) or features (your own inputs), not both.',
      );
    }
    const served =
      item.version === undefined
        ? this.models.current(item.agent)
        : await this.models.version(item.agent, item.version);
    if (item.features !== undefined) return { item, served, inputs: served.inputsFrom(item.features) };
    const at = item.asOf === undefined ? this.clock.now() : instantOf(item.asOf, 'end');
    const snapshot = await this.bars.series(served.series, at);
    const inputs = served.inputsAt(snapshot);
    return {
      item,
      served,
      inputs,
      asOf: snapshot.lastEventTime,
      freshness: this.freshness.at(item.agent, snapshot, at),
    };
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

  private toRecord(row: Prepared, outputs: Float64Array, latencyUs: number, options: PredictOptions): PredictionRecord {
    const { served, inputs, item } = row;
    const isStored = inputs.length <= STORED_INPUT_WIDTH || row.asOf === undefined;
    return {
      id: uuidV7(this.clock),
      at: this.clock.now(),
      timeline: MAIN_TIMELINE,
      agent: served.agent,
      versionId: served.versionId,
      version: served.version,
      sequence: served.sequence,
      generation: served.generation,
      mode: options.mode,
      jobId: options.jobId,
      asOf: row.asOf,
      key: item.key,
      inputs: isStored ? inputs : undefined,
      inputsSha256: hashInputs(inputs),
      outputNames: served.outputNames,
      outputs,
      latencyUs,
    };
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
