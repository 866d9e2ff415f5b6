import { afterEach, describe, expect, it } from '@jest/globals';
import { types } from 'node:util';
import { binding } from './addon.js';
import { Model } from './model.js';
import { codeOf, fixture, flat, goldenCase, goldenCases } from './testing.js';

const opened: Model[] = [];

function open(name: string): Model {
  const model = Model.load(fixture(name));
  opened.push(model);
  return model;
}

afterEach(() => {
  for (const model of opened.splice(0)) model.dispose();
});

describe('Model', () => {
  it.each(goldenCases().map(({ model }) => model))(
    'gives the reference outputs of %s by every way of asking',
    async (name) => {
      const { rows, outputs } = goldenCase(name);
      const model = open(name);
      const input = flat(rows);
      const width = model.metadata.outputWidth;
      const batch = await model.predictBatch(input, rows.length);
      expect(types.isFloat64Array(batch)).toBe(true);
      const into = new Float64Array(batch.length);
      model.predictBatchInto(input, rows.length, into);
      expect([...into]).toEqual([...batch]);
      rows.forEach((row, index) => {
        const output = new Float64Array(width);
        model.predictInto(flat([row]), output);
        expect([...output]).toEqual([...batch.subarray(index * width, (index + 1) * width)]);
        outputs[index]!.forEach((expected, column) => {
          expect(Math.abs(output[column]! - expected)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(expected)));
        });
      });
    },
  );

  it('describes ports, digest, size and custom metadata', () => {
    const { inputs, outputs, ...rest } = open('mixed.onnx').metadata;
    expect(inputs).toEqual([
      { name: 'small', width: 2, dtype: 'f32' },
      { name: 'wide', width: 3, dtype: 'f64' },
    ]);
    expect(outputs.map(({ dtype }) => dtype)).toEqual(['f32', 'f64', 'i64']);
    expect(rest).toMatchObject({ rowWidth: 5, outputWidth: 5, custom: {} });
    expect(rest.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('parses the signature once, and refuses a model without or with another one', async () => {
    const model = open('logistic.onnx');
    expect(model.signature.inputs.map(({ name }) => name)).toEqual(['ret_1', 'ret_5', 'rsi_14']);
    expect(model.signature).toBe(model.signature);
    expect(await codeOf(() => open('stump.onnx').signature)).toBe('SIGNATURE_MISSING');
    expect(await codeOf(() => open('other-signature.onnx').signature)).toBe('SIGNATURE_INVALID');
  });

  it('loads off the thread with the same checks', async () => {
    const { sha256 } = open('logistic.onnx').metadata;
    const model = await Model.loadAsync(fixture('logistic.onnx'), { sha256 });
    opened.push(model);
    model.warmUp(3);
    const wrong = { sha256: '0'.repeat(64) };
    expect(await codeOf(() => Model.loadAsync(fixture('logistic.onnx'), wrong))).toBe('MODEL_DIGEST_MISMATCH');
    expect(await codeOf(() => Model.load(fixture('logistic.onnx'), wrong))).toBe('MODEL_DIGEST_MISMATCH');
    expect(await codeOf(() => Model.load(fixture('logistic.onnx'), { maxBytes: 100 }))).toBe('MODEL_TOO_LARGE');
    expect(await codeOf(() => Model.load(fixture('none.onnx')))).toBe('MODEL_NOT_FOUND');
    expect(await codeOf(() => Model.loadAsync(fixture('hostile')))).toBe('MODEL_NOT_FOUND');
  });

  it('rebuilds domain errors with family and cause', () => {
    expect(() => open('none.onnx')).toThrow(
      expect.objectContaining({ name: 'NativeError', code: 'MODEL_NOT_FOUND', family: 'caller', status: 400 }),
    );
  });

  it('refuses every wrong shape and stays usable', async () => {
    const model = open('logistic.onnx');
    const row = new Float64Array(3);
    const out = new Float64Array(1);
    expect(await codeOf(() => model.predictInto(new Float64Array(2), out))).toBe('INPUT_WIDTH');
    expect(await codeOf(() => model.predictInto(new Float64Array(0), out))).toBe('INPUT_WIDTH');
    expect(await codeOf(() => model.predictInto(row, new Float64Array(2)))).toBe('OUTPUT_WIDTH');
    expect(await codeOf(() => model.predictBatchInto(row, 2, out))).toBe('INPUT_WIDTH');
    expect(await codeOf(() => model.predictBatchInto(new Float64Array(6), 2, out))).toBe('OUTPUT_WIDTH');
    expect(await codeOf(() => model.predictBatch(row, 2 ** 31))).toBe('INPUT_WIDTH');
    expect([...(await model.predictBatch(new Float64Array(0), 0))]).toEqual([]);
    model.predictInto(row, out);
    expect(out[0]).toBeGreaterThan(0.5);
  });

  it('refuses arguments of other types and arrays that share memory', async () => {
    const model = open('logistic.onnx');
    const out = new Float64Array(1);
    const wrong: unknown[] = [new Float32Array(3), [0, 0, 0], undefined, null, 'abc', new ArrayBuffer(24)];
    for (const value of wrong) {
      expect(await codeOf(() => model.predictInto(value as Float64Array, out))).toBe('INVALID_ARGUMENT');
      expect(await codeOf(() => model.predictInto(new Float64Array(3), value as Float64Array))).toBe(
        'INVALID_ARGUMENT',
      );
      expect(await codeOf(() => model.predictBatch(value as Float64Array, 1))).toBe('INVALID_ARGUMENT');
    }
    const shared = new Float64Array(4);
    expect(await codeOf(() => model.predictInto(shared.subarray(0, 3), shared.subarray(2, 3)))).toBe('ARRAYS_OVERLAP');
    model.predictInto(shared.subarray(0, 3), shared.subarray(3));
    expect(shared[3]).toBeGreaterThan(0.5);
  });

  it('refuses values that are not finite, except NaN at the start of a window', async () => {
    const plain = open('logistic.onnx');
    const out = new Float64Array(1);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(await codeOf(() => plain.predictInto(Float64Array.of(0, value, 0), out))).toBe('INPUT_NOT_FINITE');
      expect(await codeOf(() => plain.predictBatch(Float64Array.of(0, 0, 0, 0, value, 0), 2))).toBe('INPUT_NOT_FINITE');
    }
    const windowed = open('window.onnx');
    windowed.predictInto(Float64Array.of(1, Number.NaN, Number.NaN, 2, 4), out);
    expect(out[0]).toBe(4);
    expect(await codeOf(() => windowed.predictInto(Float64Array.of(1, 2, Number.NaN, 2, 4), out))).toBe(
      'INPUT_NOT_FINITE',
    );
    expect(await codeOf(() => open('logarithm.onnx').predictInto(Float64Array.of(-1), out))).toBe('OUTPUT_NOT_FINITE');
  });

  it('is invalid after dispose, which may be repeated; batches under way end', async () => {
    const model = open('forest.onnx');
    const rows = 2_000;
    const underWay = model.predictBatch(new Float64Array(12 * rows), rows);
    model.dispose();
    model.dispose();
    model[Symbol.dispose]();
    expect(await underWay).toHaveLength(rows);
    expect(await codeOf(() => model.predictInto(new Float64Array(12), new Float64Array(1)))).toBe('HANDLE_INVALID');
    expect(await codeOf(() => model.predictBatch(new Float64Array(12), 1))).toBe('HANDLE_INVALID');
    expect(await codeOf(() => model.warmUp())).toBe('HANDLE_INVALID');
  });

  it('takes the input of a batch before it returns', async () => {
    const model = open('stump.onnx');
    const input = Float64Array.of(0, 0, 0, 9);
    const answer = model.predictBatch(input, 2);
    input.fill(100);
    expect([...(await answer)]).toEqual([-1.25, 2.75]);
  });
});

describe('the addon', () => {
  it('turns a panic into a coded error on either thread', async () => {
    expect(await codeOf(() => binding().panicProbe())).toBe('NATIVE_PANIC');
    expect(await codeOf(() => binding().panicProbeAsync())).toBe('NATIVE_PANIC');
    expect(await codeOf(() => binding().panicProbe())).toBe('NATIVE_PANIC');
  });

  it('refuses handles that never were', async () => {
    for (const handle of [0, -1, 2 ** 31, Number.NaN]) {
      expect(await codeOf(() => binding().modelMetadata(handle))).toBe('HANDLE_INVALID');
    }
  });
});
