import { describe, expect, it } from '@jest/globals';
import type { Signature } from '@tidemark/contracts';
import { packRow, type NamedInputs } from './pack-row.js';

const SIGNATURE: Signature = {
  version: 1,
  task: 'volatility',
  label: { kind: 'next_squared_return' },
  inputs: [
    { kind: 'column', name: 'ret_1', column: 'ret_1', width: 1, unit: 'log_return' },
    { kind: 'window', name: 'return_window', column: 'return', length: 3, width: 3, unit: 'log_return' },
    { kind: 'matured_label_rate', name: 'matured_label_rate', width: 1, unit: 'probability' },
  ],
  outputs: [{ name: 'volatility', unit: 'log_return', min: 0 }],
};

const COMPLETE: NamedInputs = { matured_label_rate: 0.5, return_window: [1, 2, 3], ret_1: 0.25 };

describe('packRow', () => {
  it('lays inputs out in the order of the signature, not of the request', () => {
    expect([...packRow(SIGNATURE, COMPLETE)]).toEqual([0.25, 1, 2, 3, 0.5]);
  });

  it('turns a leading run of nulls in a window into NaN', () => {
    expect([...packRow(SIGNATURE, { ...COMPLETE, return_window: [null, null, 3] })]).toEqual([0.25, NaN, NaN, 3, 0.5]);
    expect([...packRow(SIGNATURE, { ...COMPLETE, return_window: [null, null, null] })]).toEqual([
      0.25,
      NaN,
      NaN,
      NaN,
      0.5,
    ]);
  });

  const withOne = (name: string, value: unknown): NamedInputs => ({ ...COMPLETE, [name]: value }) as NamedInputs;
  it.each([
    ['an input the model does not have', withOne('rsi_14', 1), 'UNKNOWN_FEATURE'],
    ['a name of the object prototype', withOne('constructor', 1), 'UNKNOWN_FEATURE'],
    ['no inputs at all', {}, 'MISSING_FEATURE'],
    ['a scalar that is null', withOne('ret_1', null), 'FEATURE_NOT_FINITE'],
    ['a scalar that is NaN', withOne('ret_1', NaN), 'FEATURE_NOT_FINITE'],
    ['a scalar that is infinite', withOne('ret_1', Infinity), 'FEATURE_NOT_FINITE'],
    ['a scalar that is text', withOne('ret_1', '1'), 'FEATURE_NOT_FINITE'],
    ['an array for a scalar', withOne('ret_1', [1]), 'FEATURE_WIDTH'],
    ['a number for a window', withOne('return_window', 1), 'FEATURE_WIDTH'],
    ['a short window', withOne('return_window', [1, 2]), 'FEATURE_WIDTH'],
    ['a long window', withOne('return_window', [1, 2, 3, 4]), 'FEATURE_WIDTH'],
    ['a hole in a window', withOne('return_window', [1, null, 3]), 'FEATURE_NOT_FINITE'],
    ['NaN at the start of a window', withOne('return_window', [NaN, 2, 3]), 'FEATURE_NOT_FINITE'],
    ['infinity in a window', withOne('return_window', [null, -Infinity, 3]), 'FEATURE_NOT_FINITE'],
  ])('refuses %s', (_, named, code) => {
    expect(() => packRow(SIGNATURE, named)).toThrow(expect.objectContaining({ code, family: 'caller' }));
  });

  it('names what is missing and what is unknown', () => {
    expect(() => packRow(SIGNATURE, { ret_1: 1 })).toThrow(
      expect.objectContaining({ details: { missing: ['return_window', 'matured_label_rate'] } }),
    );
    expect(() => packRow(SIGNATURE, { ...COMPLETE, b: 1, a: 1 })).toThrow(
      expect.objectContaining({ details: { unknown: ['b', 'a'] } }),
    );
  });
});
