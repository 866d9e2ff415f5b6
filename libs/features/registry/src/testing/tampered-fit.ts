import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestFit } from '@tidemark/testing';

/** A copy of what a trainer left, to be spoilt. */
export async function copyFit({ outputDir, report }: TestFit, folder: string): Promise<TestFit> {
  await cp(outputDir, folder, { recursive: true });
  return { outputDir: folder, report };
}

/** Changes bytes of the model and states its new digest, so that only its numbers can give it away. */
export async function tamperModel(fit: TestFit, change: (model: Buffer) => void): Promise<void> {
  const path = join(fit.outputDir, 'model.onnx');
  const model = await readFile(path);
  change(model);
  await writeFile(path, model);
  await changeReport(fit, { modelSha256: createHash('sha256').update(model).digest('hex') });
}

export async function changeReport(fit: TestFit, changes: Record<string, unknown>): Promise<void> {
  await writeFile(join(fit.outputDir, 'report.json'), JSON.stringify({ ...fit.report, ...changes }));
}

/** Offset of a double in the file; it must stand there once. */
export function offsetOf(model: Buffer, value: number): number {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  const offset = model.indexOf(bytes);
  if (offset < 0 || model.indexOf(bytes, offset + 1) >= 0) throw new Error(`${value} does not stand there once`);
  return offset;
}

/** Protocol buffers tag of `raw_data` (field 9, length-delimited) in an ONNX tensor. */
const RAW_DATA = 0x4a;

/** Offset of the first double of a tensor attribute: its name, then the tensor's raw data. */
export function firstDoubleOf(model: Buffer, attribute: string): number {
  const name = model.indexOf(attribute, 0, 'latin1');
  if (name < 0) throw new Error(`the model has no ${attribute}`);
  let offset = model.indexOf(RAW_DATA, name + attribute.length) + 1;
  while (model[offset]! >= 0x80) offset += 1;
  return offset + 1;
}
