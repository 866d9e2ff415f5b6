import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ParityReport, TrainerReport } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { Model } from '@tidemark/native';

/** Largest relative difference between ONNX Runtime and the trainer's own outputs, by the width of the model's floats. */
export const PARITY_TOLERANCE = { f64: 1e-12, f32: 1e-5 } as const;

/**
 * Replays the trainer's stored rows through ONNX Runtime.
 * @throws PARITY_FAILED when any output differs by more than the tolerance, PARITY_ROWS_INVALID when the stored rows
 *   do not have the stated shape.
 */
export async function checkParity(modelPath: string, outputDir: string, report: TrainerReport): Promise<ParityReport> {
  const { rows, inputWidth, outputWidth, inputs, outputs } = report.parity;
  const input = await readDoubles(outputDir, inputs, rows * inputWidth);
  const expected = await readDoubles(outputDir, outputs, rows * outputWidth);
  const model = await Model.loadAsync(modelPath, { sha256: report.modelSha256 });
  try {
    requireSignature(model, report);
    const { rowWidth, outputWidth: modelOutputs, outputs: tensors } = model.metadata;
    if (rowWidth !== inputWidth || modelOutputs !== outputWidth) {
      throw rowsInvalid(
        `the model takes ${rowWidth} and gives ${modelOutputs} numbers, the rows have ${inputWidth} and ${outputWidth}`,
      );
    }
    const actual = await model.predictBatch(input, rows);
    const tolerance = tensors.every((tensor) => tensor.dtype === 'f64') ? PARITY_TOLERANCE.f64 : PARITY_TOLERANCE.f32;
    const maxRelativeDifference = largestDifference(actual, expected);
    const passed = maxRelativeDifference <= tolerance;
    if (!passed) {
      throw callerError(
        'PARITY_FAILED',
        `ONNX Runtime differs from the trained model by ${maxRelativeDifference} (relative; allowed ${tolerance}). The version is refused.`,
        { details: { rows, maxRelativeDifference, tolerance }, status: 422 },
      );
    }
    return { rows, tolerance, maxRelativeDifference, passed };
  } finally {
    model.dispose();
  }
}

/** Serving builds inputs by the signature in the registry: it has to be the one the model was exported with. */
function requireSignature(model: Model, report: TrainerReport): void {
  if (JSON.stringify(model.signature) === JSON.stringify(report.signature)) return;
  const message = 'The signature in report.json is not the one in the model. The version is refused.';
  throw callerError('SIGNATURE_MISMATCH', message, { status: 422 });
}

function rowsInvalid(message: string): Error {
  return callerError('PARITY_ROWS_INVALID', `The trainer's parity rows cannot be replayed: ${message}.`, {
    status: 422,
  });
}

async function readDoubles(folder: string, file: string, count: number): Promise<Float64Array> {
  const path = join(folder, basename(file));
  const bytes = await readFile(path).catch((error: unknown) => {
    throw rowsInvalid(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  });
  if (bytes.byteLength !== count * 8)
    throw rowsInvalid(`${path} holds ${bytes.byteLength} bytes, expected ${count * 8}`);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Largest |a − b| / max(|a|, |b|). NaN against NaN agrees; NaN against a number never does. */
export function largestDifference(actual: Float64Array, expected: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i += 1) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }
  return largest;
}
