import { describe, expect, it } from '@jest/globals';
import type { LabelSpec } from '@tidemark/contracts';
import { computeInputs, computeLabels, computeUniqueness, type BarMatrix, type RowSpec } from './features.js';
import { Model } from './model.js';
import { pairedLossTest } from './statistics.js';
import { codeOf, fixture } from './testing.js';

const DAY_MS = 86_400_000;
const LABEL: LabelSpec = { kind: 'forward_return_sign', lag: 1, horizon: 5 };
const SPEC: RowSpec = {
  inputs: [
    { kind: 'column', name: 'ret_1', column: 'ret_1' },
    { kind: 'window', name: 'return_window', column: 'return', length: 4 },
    { kind: 'matured_label_rate', name: 'matured_label_rate' },
  ],
  label: LABEL,
};

/** A price path without randomness that rises and falls. */
function makeBars(count: number): BarMatrix {
  const bars = new Float64Array(count * 6);
  for (let index = 0; index < count; index += 1) {
    const close = 100 * Math.exp(0.05 * Math.sin(index / 9) + 0.0003 * index);
    bars.set([index * DAY_MS, close * 0.999, close * 1.01, close * 0.99, close, 1_000 + (index % 7)], index * 6);
  }
  return bars;
}

const BARS = makeBars(400);

function closeAt(index: number): number {
  return BARS[index * 6 + 4]!;
}

describe('computeInputs', () => {
  it('makes a row per bar, in the order of the specification', () => {
    const rows = computeInputs(SPEC, BARS, 300, 302);
    expect(rows).toHaveLength(2 * 6);
    const returnAt = (index: number): number => Math.log(closeAt(index) / closeAt(index - 1));
    expect(rows[0]).toBeCloseTo(returnAt(300), 12);
    expect([...rows.subarray(1, 5)]).toEqual([297, 298, 299, 300].map((index) => expect.closeTo(returnAt(index), 12)));
    expect(rows[5]).toBeGreaterThan(0);
    expect([...rows.subarray(6)]).toEqual([...computeInputs(JSON.stringify(SPEC), BARS, 301, 302)]);
  });

  it('does not look beyond the bar of the row', () => {
    const known = BARS.subarray(0, 301 * 6);
    expect([...computeInputs(SPEC, known, 300, 301)]).toEqual([...computeInputs(SPEC, BARS, 300, 301)]);
  });

  it('refuses what it cannot compute with a code', async () => {
    expect(await codeOf(() => computeInputs(SPEC, BARS, 20, 21))).toBe('INSUFFICIENT_LABELS');
    expect(await codeOf(() => computeInputs(SPEC, BARS, 399, 401))).toBe('ROWS_OUT_OF_RANGE');
    expect(await codeOf(() => computeInputs('{', BARS, 300, 301))).toBe('SPEC_INVALID');
    expect(await codeOf(() => computeInputs('{"inputs":[]}', BARS, 300, 301))).toBe('SPEC_INVALID');
    expect(await codeOf(() => computeInputs(SPEC, BARS.subarray(1), 300, 301))).toBe('BARS_INVALID');
    const halfMillisecond = BARS.slice();
    halfMillisecond[0] = 0.5;
    expect(await codeOf(() => computeInputs(SPEC, halfMillisecond, 300, 301))).toBe('BARS_INVALID');
  });
});

describe('Model.predictBars', () => {
  it('scores each bar from its own inputs', async () => {
    const model = Model.load(fixture('logistic.onnx'));
    const scored = await model.predictBars(BARS, 300, 400);
    const output = new Float64Array(1);
    model.predictInto(computeInputs(model.signature, BARS, 350, 351), output);
    expect(scored).toHaveLength(100);
    expect(scored[50]).toBe(output[0]);
    expect([...(await model.predictBars(BARS, 300, 300))]).toEqual([]);
    expect(await codeOf(() => model.predictBars(BARS, 399, 401))).toBe('ROWS_OUT_OF_RANGE');
    model.dispose();
  });

  it('needs a signature', async () => {
    const model = Model.load(fixture('stump.onnx'));
    expect(await codeOf(() => model.predictBars(BARS, 300, 301))).toBe('SIGNATURE_MISSING');
    model.dispose();
  });
});

describe('computeLabels', () => {
  it('labels every matured bar and leaves the others open', () => {
    const { value, startIndex, endIndex } = computeLabels(LABEL, BARS);
    expect([value[10], startIndex[10], endIndex[10]]).toEqual([closeAt(16) > closeAt(11) ? 1 : 0, 11, 16]);
    expect([value[394], startIndex[394], endIndex[394]]).toEqual([NaN, -1, -1]);
    expect(endIndex[393]).toBe(399);
  });

  it('weighs overlapping labels', () => {
    const weights = computeUniqueness(LABEL, BARS);
    expect(weights[200]).toBeCloseTo(0.2, 12);
    expect(weights[399]).toBe(0);
  });
});

describe('pairedLossTest', () => {
  const incumbent = Float64Array.from({ length: 400 }, (_, index) => 1 + (index % 7) / 10);

  it('finds a candidate that is better on every row', () => {
    const candidate = incumbent.map((loss) => loss * 0.5);
    const result = pairedLossTest(candidate, incumbent, { horizon: 5 });
    expect(result).toMatchObject({ status: 'ok', n: 400, superior: true });
    expect(result.t).toBeLessThan(-result.criticalValue!);
  });

  it('says when there is no answer', () => {
    expect(pairedLossTest(incumbent, incumbent, { horizon: 5 })).toMatchObject({
      status: 'degenerate',
      superior: false,
    });
    const few = incumbent.subarray(0, 100);
    expect(
      pairedLossTest(
        few.map((loss) => loss / 2),
        few,
        { horizon: 5 },
      ),
    ).toMatchObject({ status: 'insufficient' });
    expect(
      pairedLossTest(
        few.map((loss) => loss / 2),
        few,
        { horizon: 5, minPairs: 50 },
      ),
    ).toMatchObject({ status: 'ok' });
  });

  it('refuses bad input with a code', async () => {
    expect(await codeOf(() => pairedLossTest(incumbent, incumbent.subarray(1), { horizon: 5 }))).toBe(
      'LENGTH_MISMATCH',
    );
    expect(
      await codeOf(() =>
        pairedLossTest(
          incumbent.map(() => NaN),
          incumbent,
          { horizon: 5 },
        ),
      ),
    ).toBe('VALUE_NOT_FINITE');
    expect(await codeOf(() => pairedLossTest(incumbent, incumbent, { horizon: 5, alpha: 0.2 }))).toMatch(/^[A-Z_]+$/);
  });
});
