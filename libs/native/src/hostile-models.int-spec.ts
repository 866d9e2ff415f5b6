import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Model } from './model.js';
import { codeOf, fixture } from './testing.js';

const REFUSED = ['MODEL_INVALID', 'MODEL_UNSUPPORTED', 'MODEL_EXTERNAL_DATA'];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-hostile-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Loads a file and, if that works, runs a row. */
async function outcome(path: string): Promise<string> {
  return codeOf(() => {
    const model = Model.load(path);
    try {
      const { rowWidth, outputWidth } = model.metadata;
      model.predictInto(new Float64Array(rowWidth).fill(0.25), new Float64Array(outputWidth));
    } finally {
      model.dispose();
    }
  });
}

async function outcomeOfBytes(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, bytes);
  return outcome(path);
}

/** Deterministic 32-bit generator (Marsaglia, 2003, xorshift). */
function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

describe('hostile model files', () => {
  it.each(readdirSync(fixture('hostile')))('refuses %s with a code', async (name) => {
    expect(REFUSED).toContain(await outcome(fixture(join('hostile', name))));
  });

  it.each(['initializer', 'attribute', 'subgraph', 'absolute-path', 'parent-path'])(
    'refuses external data in %s',
    async (place) => {
      expect(await outcome(fixture(`external-${place}.onnx`))).toBe('MODEL_EXTERNAL_DATA');
    },
  );

  it('refuses truncated files', async () => {
    const bytes = readFileSync(fixture('forest.onnx'));
    for (let part = 0; part < 40; part += 1) {
      expect(await outcomeOfBytes(bytes.subarray(0, Math.floor((bytes.length * part) / 40)))).toBe('MODEL_INVALID');
    }
  });

  it('survives 200 random mutations', async () => {
    const random = xorshift(20240131);
    const codes = new Set<string>();
    for (let round = 0; round < 200; round += 1) {
      const bytes = readFileSync(fixture(['logistic.onnx', 'stump.onnx', 'window.onnx', 'mixed.onnx'][round % 4]!));
      const changes = 1 + (random() % 8);
      for (let change = 0; change < changes; change += 1) bytes[random() % bytes.length] = random() & 0xff;
      codes.add(await outcomeOfBytes(bytes));
    }
    const allowed = [
      'OK',
      'MODEL_INVALID',
      'MODEL_UNSUPPORTED',
      'MODEL_EXTERNAL_DATA',
      'OUTPUT_NOT_FINITE',
      'MODEL_RUN_FAILED',
    ];
    expect(allowed).toEqual(expect.arrayContaining([...codes]));
    expect(codes.size).toBeGreaterThan(1);
  });
});
