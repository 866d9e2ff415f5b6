import { createHash } from 'node:crypto';
import type { CopyRow } from '@tidemark/database';
import type { ServedModel } from './served-model.js';

/** Mode of a prediction: asked for by a caller, or made by the loop for each bar. */
export type PredictionMode = 'live' | 'loop';

/** One row of the prediction log. */
export interface PredictionRecord {
  readonly id: string;
  readonly at: Date;
  readonly timeline: string;
  readonly agent: string;
  readonly versionId: string;
  readonly version: string;
  readonly sequence: number;
  readonly generation: number;
  readonly mode: PredictionMode;
  readonly asOf: Date | undefined;
  readonly key: string | undefined;
  /** Inputs as the model saw them; left out where they are wide and can be rebuilt from bars known at `asOf`. */
  readonly inputs: Float64Array | undefined;
  readonly inputsSha256: Uint8Array;
  readonly outputNames: readonly string[];
  readonly outputs: Float64Array;
  readonly latencyUs: number;
}

/** Inputs up to this width are stored with every prediction; wider ones only when no bars can rebuild them. */
export const STORED_INPUT_WIDTH = 64;

/** What differs from prediction to prediction of one served version. */
export interface PredictionFacts extends Pick<PredictionRecord, 'id' | 'at' | 'mode' | 'outputs' | 'latencyUs'> {
  readonly inputs: Float64Array;
  /** Undefined where the caller sent the inputs. */
  readonly asOf: Date | undefined;
  readonly key?: string;
}

export function recordOf(served: ServedModel, facts: PredictionFacts): PredictionRecord {
  const { inputs, asOf } = facts;
  const isStored = inputs.length <= STORED_INPUT_WIDTH || asOf === undefined;
  return {
    ...facts,
    timeline: served.timeline,
    agent: served.agent,
    versionId: served.versionId,
    version: served.version,
    sequence: served.sequence,
    generation: served.generation,
    key: facts.key,
    inputs: isStored ? inputs : undefined,
    inputsSha256: hashInputs(inputs),
    outputNames: served.outputNames,
  };
}

export function hashInputs(inputs: Float64Array): Uint8Array {
  return createHash('sha256')
    .update(new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength))
    .digest();
}

export const PREDICTION_COLUMNS = [
  'id',
  'at',
  'timeline_id',
  'agent',
  'version_id',
  'version',
  'sequence',
  'generation',
  'mode',
  'as_of',
  'key',
  'inputs',
  'inputs_sha256',
  'output_names',
  'outputs',
  'latency_us',
] as const;

export function toCopyRow(record: PredictionRecord): CopyRow {
  return [
    record.id,
    record.at,
    record.timeline,
    record.agent,
    record.versionId,
    record.version,
    record.sequence,
    record.generation,
    record.mode,
    record.asOf,
    record.key,
    record.inputs,
    record.inputsSha256,
    record.outputNames,
    record.outputs,
    record.latencyUs,
  ];
}

/** Bytes a record holds while it waits, roughly: what the buffer's limit counts. */
export function recordBytes(record: PredictionRecord): number {
  const numbers = (record.inputs?.length ?? 0) + record.outputs.length;
  return 400 + 8 * numbers + (record.key?.length ?? 0);
}
