import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../canonical-json.js';
import { derive } from '../derive.js';
import { anyCandidate, anySlot } from '../testing/arbitraries.js';
import { decideCandidate } from './decide-candidate.js';
import { decideSlot } from './decide-slot.js';

const RUNS = { numRuns: 1000 };

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, reversed(inner)]);
  return Object.fromEntries(entries.reverse());
}

describe('a decision', () => {
  it('is a function of its context, whatever the order of its keys, and after a way through JSON', () => {
    fc.assert(
      fc.property(anySlot, anyCandidate, (slot, candidate) => {
        const [text, other] = [canonicalJson(slot), canonicalJson(candidate)];
        expect(decideSlot(reversed(slot) as typeof slot)).toEqual(decideSlot(slot));
        expect(decideCandidate(reversed(candidate) as typeof candidate)).toEqual(decideCandidate(candidate));
        expect(canonicalJson(reversed(slot))).toBe(text);
        expect(derive('slot', JSON.parse(text))).toEqual(decideSlot(slot));
        expect(derive('candidate', JSON.parse(other))).toEqual(decideCandidate(candidate));
      }),
      RUNS,
    );
  });

  it('leaves its context as it was', () => {
    fc.assert(
      fc.property(anySlot, (slot) => {
        const before = canonicalJson(slot);
        decideSlot(slot);
        expect(canonicalJson(slot)).toBe(before);
      }),
    );
  });

  it('does nothing automatic while frozen, and changes nothing while pinned', () => {
    fc.assert(
      fc.property(anySlot, anyCandidate, (slot, candidate) => {
        const { action } = decideSlot(slot);
        const ended = decideCandidate(candidate).action;
        if (slot.controls.frozen !== undefined) expect(['none', 'pause']).toContain(action);
        if (slot.controls.pinned !== undefined) expect(action).not.toBe('rollback');
        if (candidate.controls.frozen ?? candidate.controls.pinned) expect(ended).not.toBe('promote');
      }),
      RUNS,
    );
  });

  it('never lets a latched artifact serve, nor on live one without a gate, nor promotes while blocked', () => {
    fc.assert(
      fc.property(anySlot, anyCandidate, (slot, candidate) => {
        const back = decideSlot(slot);
        if (back.action === 'rollback') {
          expect(slot.controls.latched).not.toContain(back.target!.artifactSha256);
          expect(back.latch).toBe(slot.serving.artifactSha256);
        }
        const ended = decideCandidate(candidate);
        if (ended.action !== 'promote') return;
        expect(candidate.controls.latched).not.toContain(ended.target!.artifactSha256);
        expect(candidate.controls.blocked).toBeUndefined();
        expect(candidate.gate?.passed).toBe(true);
        if (candidate.timeline === 'live') expect(candidate.gate?.rule).not.toBe('none');
      }),
      RUNS,
    );
  });
});
