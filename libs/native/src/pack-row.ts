import type { Signature, SignatureInput } from '@tidemark/contracts';
import { NativeError } from './errors.js';

/** A scalar, or a window oldest first; `null` stands for history before the first bar. */
export type NamedInputs = Readonly<Record<string, number | readonly (number | null)[]>>;

/**
 * The model's flat row from inputs by name, in the signature's order.
 *
 * Every input must be there, nothing else may be, and values must be finite; a window may start with `null`s, which
 * become NaN, because its history may be shorter than it.
 *
 * @throws UNKNOWN_FEATURE, MISSING_FEATURE, FEATURE_WIDTH, FEATURE_NOT_FINITE
 */
export function packRow(signature: Signature, named: NamedInputs): Float64Array {
  const { inputs } = signature;
  const known = new Set(inputs.map((input) => input.name));
  const unknown = Object.keys(named).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw refuse('UNKNOWN_FEATURE', `The model has no input ${list(unknown)}; it takes ${list([...known])}.`, {
      unknown,
    });
  }
  const missing = [...known].filter((name) => !Object.hasOwn(named, name));
  if (missing.length > 0) {
    throw refuse('MISSING_FEATURE', `The model also needs ${list(missing)}.`, { missing });
  }
  const row = new Float64Array(inputs.reduce((sum, input) => sum + input.width, 0));
  let start = 0;
  for (const input of inputs) {
    row.set(valuesOf(input, named[input.name]!), start);
    start += input.width;
  }
  return row;
}

function valuesOf(input: SignatureInput, given: number | readonly (number | null)[]): number[] {
  const values = Array.isArray(given) ? (given as readonly (number | null)[]) : [given as number];
  const isWindow = input.kind === 'window';
  if (values.length !== input.width || isWindow !== Array.isArray(given)) {
    const expected = isWindow ? `an array of ${input.width} values, oldest first` : 'one number';
    const received = Array.isArray(given) ? `an array of ${values.length}` : 'one value';
    throw refuse('FEATURE_WIDTH', `Input ${input.name} takes ${expected}, got ${received}.`, { feature: input.name });
  }
  const firstObserved = isWindow ? values.findIndex((value) => value !== null) : 0;
  const padded = firstObserved < 0 ? values.length : firstObserved;
  return values.map((value, index) => {
    if (index < padded) return Number.NaN;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    const rule = isWindow ? 'finite after a leading run of nulls' : 'a finite number';
    const message = `Input ${input.name} must be ${rule}, got ${String(value)} at position ${index}.`;
    throw refuse('FEATURE_NOT_FINITE', message, { feature: input.name, index });
  });
}

function refuse(code: string, message: string, details: Readonly<Record<string, unknown>>): NativeError {
  return new NativeError(code, 'caller', message, { details });
}

function list(names: readonly string[]): string {
  return names.join(', ');
}
