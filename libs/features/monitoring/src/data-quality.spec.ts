import { describe, expect, it } from '@jest/globals';
import { judgeDataAge, judgeSkew, judgeVolume } from './data-quality.js';

describe('volume', () => {
  const spec = { sessions: 5, drop: 0.5 };

  it.each([
    ['too few sessions', [10, 10, 10, 10, 0], { status: 'insufficient', value: 0 }],
    ['as usual', [9, 10, 11, 10, 10, 8], { status: 'ok', value: 8, limit: 5 }],
    ['at the limit', [10, 10, 10, 10, 10, 5], { status: 'ok', ratio: 1 }],
    ['a drop', [10, 10, 10, 10, 10, 4], { status: 'warning', ratio: 1.25 }],
    ['none at all', [10, 10, 10, 10, 10, 0], { status: 'warning', ratio: Number.POSITIVE_INFINITY }],
    ['usually none', [0, 0, 0, 1, 0, 0], { status: 'insufficient' }],
    ['older sessions do not count', [99, 99, 10, 10, 10, 10, 10, 6], { status: 'ok', limit: 5 }],
  ])('%s', (_name, counts, expected) => {
    expect(judgeVolume(spec, counts)).toMatchObject(expected);
  });
});

describe('data age and skew', () => {
  it.each([
    [{ gapDays: undefined, isGap: false, isStale: false }, 'ok'],
    [{ gapDays: 3, isGap: false, isStale: false }, 'ok'],
    [{ gapDays: 7, isGap: true, isStale: false }, 'warning'],
    [{ gapDays: 1, isGap: false, isStale: true }, 'warning'],
  ])('of %j is %s', (facts, status) => {
    expect(judgeDataAge(facts)).toMatchObject({ status, value: facts.gapDays });
  });

  it.each([
    ['all answers are the loop’s', { compared: 4, differing: 0, isRestated: false }, { status: 'ok', value: 0 }],
    ['one differs', { compared: 4, differing: 1, isRestated: false }, { status: 'critical', value: 0.25 }],
    ['bars were restated meanwhile', { compared: 4, differing: 4, isRestated: true }, { status: 'insufficient' }],
  ])('judge skew where %s', (_name, answers, expected) => {
    expect(judgeSkew(answers)).toMatchObject(expected);
  });
});
