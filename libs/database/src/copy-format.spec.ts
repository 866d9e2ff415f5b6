import { describe, expect, it } from '@jest/globals';
import { copyLine } from './copy-format.js';

describe('copyLine', () => {
  it.each([
    ['null', null, '\\N'],
    ['undefined', undefined, '\\N'],
    ['a text that looks like null', '\\N', '\\\\N'],
    ['tab, newline, return and backslash', 'a\tb\nc\rd\\e', 'a\\tb\\nc\\rd\\\\e'],
    ['an empty text', '', ''],
    ['numbers in shortest round-trip form', 0.1 + 0.2, '0.30000000000000004'],
    ['negative zero', -0, '-0'],
    ['not a number', NaN, 'NaN'],
    ['an infinity', -Infinity, '-Infinity'],
    ['booleans', true, 't'],
    ['a bigint', 9_007_199_254_740_993n, '9007199254740993'],
    ['an instant', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['bytes', new Uint8Array([0, 255]), '\\\\x00ff'],
    ['numbers in an array', [1.5, null, NaN], '{1.5,NULL,NaN}'],
    ['a Float64Array', new Float64Array([1, -0]), '{1,-0}'],
    ['texts in an array', ['a"b', 'c\\d', 'NULL', '{,}'], '{"a\\\\"b","c\\\\\\\\d","NULL","{,}"}'],
    ['json', { json: { a: 'x\ny' } }, '{"a":"x\\\\ny"}'],
  ])('writes %s', (_name, value, expected) => {
    expect(copyLine([value])).toBe(`${expected}\n`);
  });

  it('parts fields with tabs', () => {
    expect(copyLine(['a', 1, null])).toBe('a\t1\t\\N\n');
  });
});
