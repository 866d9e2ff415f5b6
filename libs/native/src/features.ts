import type { InputSpec, LabelSpec } from '@tidemark/contracts';
import { binding } from './addon.js';
import type { LabelColumns } from './binding.js';
import { NativeError, callNative } from './errors.js';

/** Bars cross as rows of six numbers: event time (epoch ms), open, high, low, close, volume; oldest first. */
export type BarMatrix = Float64Array;

/** What a model's input rows are made of. */
export interface RowSpec {
  readonly inputs: readonly InputSpec[];
  readonly label: LabelSpec;
}

/**
 * Input rows of bars `from..to` (half-open), row-major, each made from the bars up to its own, by the code that training
 * uses. `spec` may be given as JSON text.
 *
 * @throws INSUFFICIENT_HISTORY, INSUFFICIENT_LABELS while a scalar has no value; BAR_*, INPUT_SPEC_INVALID, ROWS_OUT_OF_RANGE
 */
export function computeInputs(spec: RowSpec | string, bars: BarMatrix, from: number, to: number): Float64Array {
  const { inputs } = typeof spec === 'string' ? (parse(spec) as RowSpec) : spec;
  const out = new Float64Array(rowWidth(inputs) * Math.max(0, to - from));
  callNative(() => binding().inputRows(textOf(spec), bars, from, to, out));
  return out;
}

/** Columns that inputs take in the flat row. */
export function rowWidth(inputs: readonly InputSpec[]): number {
  return inputs.reduce((sum, input) => sum + (input.kind === 'window' ? input.length : 1), 0);
}

/** The label of every bar: NaN and index -1 where it has not matured within the bars given. */
export function computeLabels(label: LabelSpec | string, bars: BarMatrix): LabelColumns {
  return callNative(() => binding().labels(textOf(label), bars));
}

/** Average uniqueness of every bar's label, 0 where it has not matured. */
export function computeUniqueness(label: LabelSpec | string, bars: BarMatrix): Float64Array {
  return callNative(() => binding().uniqueness(textOf(label), bars));
}

function textOf(spec: object | string): string {
  return typeof spec === 'string' ? spec : JSON.stringify(spec);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NativeError('SPEC_INVALID', 'caller', 'The input specification is not JSON.', { cause: error });
  }
}
