import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Path of a fixture model. */
export function fixture(name: string): string {
  return resolve(ROOT, 'tests/golden/models', name);
}

export interface GoldenCase {
  readonly model: string;
  readonly rows: readonly (readonly (number | null)[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** Rows and the outputs of an independent build of ONNX Runtime. */
export function goldenCases(): GoldenCase[] {
  const text = readFileSync(resolve(ROOT, 'tests/golden/inference.json'), 'utf8');
  return (JSON.parse(text) as { cases: GoldenCase[] }).cases;
}

export function goldenCase(model: string): GoldenCase {
  const found = goldenCases().find((entry) => entry.model === model);
  if (found === undefined) throw new Error(`no golden case for ${model}`);
  return found;
}

/** Rows as one flat array, null as NaN. */
export function flat(rows: GoldenCase['rows']): Float64Array {
  return Float64Array.from(rows.flat(), (value) => value ?? Number.NaN);
}

/** The code of the error that `work` throws or rejects with, or `OK`. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'OK';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}
