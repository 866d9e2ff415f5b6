import { describe, expect, it } from '@jest/globals';
import type { CandidateContext } from '@tidemark/contracts';
import { CANDIDATE, PREVIOUS, SERVING, buildPolicy, candidateContext, gateEvidence } from '../testing/contexts.js';
import { decideCandidate } from './decide-candidate.js';
import { assertLivePolicy } from './gates-on-live.js';

const controls = (overrides: Partial<CandidateContext['controls']>): Partial<CandidateContext> => ({
  controls: { latched: [], ...overrides },
});

describe('decideCandidate', () => {
  it('promotes what passed its gate, and says what it looked at', () => {
    const result = decideCandidate(candidateContext());
    expect(result).toMatchObject({ action: 'promote', target: CANDIDATE, reason: gateEvidence().reason });
    expect(result.rules.map(({ rule, verdict }) => `${rule} ${verdict}`)).toEqual([
      'gates allows',
      'training allows',
      'novelty allows',
      'gate allows',
      'latch allows',
      'reconciliation allows',
      'freeze allows',
      'pin allows',
    ]);
  });

  it.each<[string, Partial<CandidateContext>, string]>([
    [
      'training',
      { candidate: undefined, gate: undefined, failed: { code: 'TRAINING_TIMEOUT', message: 'it took over 600 s' } },
      'the training failed: TRAINING_TIMEOUT: it took over 600 s; 1.1.0 stays',
    ],
    ['training', { candidate: undefined }, 'the training left no version; 1.1.0 stays'],
    ['novelty', { candidate: { ...CANDIDATE, artifactSha256: SERVING.artifactSha256 } }, 'nothing new: '],
    ['gate', { gate: gateEvidence({ passed: false, reason: 'may be worse: Δ 0.1' }) }, 'may be worse: Δ 0.1'],
    ['gate', { gate: gateEvidence({ passed: false, reason: '12 bars' }) }, 'not comparable: 12 bars'],
    ['gate', { gate: undefined }, 'the gate was not asked'],
    [
      'gate',
      { gate: gateEvidence({ refit: { sha256: PREVIOUS.artifactSha256 } }) },
      'the gate judged another artifact',
    ],
    ['gate', { serving: PREVIOUS }, 'what serves has changed: the gate compared with 1.1.0, now 1.0.0 serves'],
    ['gate', { timeline: 'live', gate: gateEvidence({ rule: 'none' }) }, 'the gate was none: '],
    ['latch', controls({ latched: [CANDIDATE.artifactSha256] }), 'latched after a rollback: 1.2.0 '],
    ['reconciliation', controls({ blocked: 'of 2010-01-04' }), 'blocked by reconciliation: of 2010-01-04'],
    ['freeze', controls({ frozen: 'audit' }), 'frozen by hand: audit'],
    ['pin', controls({ pinned: '1.1.0' }), 'pinned by hand to 1.1.0'],
  ])('%s refuses', (rule, context, reason) => {
    const result = decideCandidate(candidateContext(context));
    expect(result.action).toBe('refuse');
    expect(result.target).toBeUndefined();
    expect(result.reason.slice(0, reason.length)).toBe(reason);
    expect(result.rules).toContainEqual(expect.objectContaining({ rule, verdict: 'forbids' }));
  });

  it('promotes without a gate in a replay only', () => {
    const gates = { newRecipe: 'none', refit: 'none' };
    const gate = gateEvidence({ rule: 'none', reason: 'no gate' });
    expect(decideCandidate(candidateContext({ gate }, { gates })).action).toBe('promote');
    const live = decideCandidate(candidateContext({ gate, timeline: 'live' }, { gates }));
    expect(live).toMatchObject({ action: 'pause', reason: expect.stringContaining('POLICY_GATE_NONE_ON_LIVE') });
  });
});

describe('a policy for the live timeline', () => {
  it('has gates', () => {
    expect(() => assertLivePolicy(buildPolicy())).not.toThrow();
    for (const gates of [{ newRecipe: 'none' }, { refit: 'none' }]) {
      expect(() => assertLivePolicy(buildPolicy({ gates }))).toThrow(
        expect.objectContaining({ code: 'POLICY_GATE_NONE_ON_LIVE', status: 409 }),
      );
    }
  });
});
