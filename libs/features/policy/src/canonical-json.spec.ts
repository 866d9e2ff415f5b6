import { describe, expect, it } from '@jest/globals';
import { canonicalJson, canonicalSha256, policyHash } from './canonical-json.js';
import { buildPolicy } from './testing/contexts.js';

describe('canonicalJson', () => {
  it('orders keys at every depth, keeps the order of lists and leaves out what is not known', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }, 2], a: { z: null, y: 'ü' } })).toBe(
      '{"a":{"y":"ü","z":null},"b":[{"d":1},2]}',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => canonicalJson({ facts: { value } })).toThrow(expect.objectContaining({ code: 'NOT_CANONICAL' }));
  });

  it('hashes as other tools do', () => {
    // printf '{"a":1,"b":2}' | sha256sum
    expect(canonicalSha256({ b: 2, a: 1 })).toBe('43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777');
  });

  it('names a policy by what it says', () => {
    expect(policyHash(buildPolicy())).toBe(policyHash(buildPolicy({ once: false })));
    expect(policyHash(buildPolicy())).not.toBe(policyHash(buildPolicy({ once: true })));
  });
});
