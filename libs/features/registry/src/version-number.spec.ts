import { describe, expect, it } from '@jest/globals';
import type { Signature } from '@tidemark/contracts';
import { formatVersion, nextVersion, type Recipe } from './version-number.js';

const SIGNATURE: Signature = {
  version: 1,
  task: 'direction',
  label: { kind: 'forward_return_sign', lag: 1, horizon: 5 },
  inputs: [
    { kind: 'column', name: 'ret_1', column: 'ret_1', width: 1, unit: 'log return', min: -0.1, max: 0.1 },
    { kind: 'column', name: 'ret_5', column: 'ret_5', width: 1, unit: 'log return' },
  ],
  outputs: [{ name: 'probability', unit: 'probability', min: 0, max: 1 }],
};
const LOGISTIC: Recipe = { family: 'logistic', signature: SIGNATURE };
const with_ = (changes: Partial<Signature>): Recipe => ({
  family: 'logistic',
  signature: { ...SIGNATURE, ...changes },
});

describe('nextVersion', () => {
  it('starts with the baseline', () => {
    expect(formatVersion(nextVersion(undefined, LOGISTIC))).toBe('0.1.0');
  });

  it.each<[string, string, Recipe]>([
    ['the same recipe', '1.3.0', LOGISTIC],
    ['other ranges', '1.3.0', with_({ inputs: SIGNATURE.inputs.map((input) => ({ ...input, min: -9, max: 9 })) })],
    ['keys in another order', '1.3.0', with_({ label: { horizon: 5, lag: 1, kind: 'forward_return_sign' } })],
    ['another family', '2.0.0', { ...LOGISTIC, family: 'gbdt' }],
    ['fewer inputs', '2.0.0', with_({ inputs: SIGNATURE.inputs.slice(0, 1) })],
    ['inputs in another order', '2.0.0', with_({ inputs: [...SIGNATURE.inputs].reverse() })],
    ['another horizon', '2.0.0', with_({ label: { kind: 'forward_return_sign', lag: 1, horizon: 10 } })],
    ['another output', '2.0.0', with_({ outputs: [{ name: 'score', unit: 'logit' }] })],
    [
      'an input of another width',
      '2.0.0',
      with_({ inputs: SIGNATURE.inputs.map((input) => ({ ...input, width: 2 })) }),
    ],
  ])('for %s gives %s after 1.2.3', (_what, expected, recipe) => {
    expect(formatVersion(nextVersion({ major: 1, minor: 2, patch: 3, ...LOGISTIC }, recipe))).toBe(expected);
  });

  it('raises PATCH by hand, for the same recipe only', () => {
    const newest = { major: 1, minor: 2, patch: 3, ...LOGISTIC };
    expect(formatVersion(nextVersion(newest, LOGISTIC, 'patch'))).toBe('1.2.4');
    expect(() => nextVersion(newest, { ...LOGISTIC, family: 'gbdt' }, 'patch')).toThrow(
      expect.objectContaining({ code: 'PATCH_CHANGES_RECIPE' }),
    );
  });
});
