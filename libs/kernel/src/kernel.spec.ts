import { describe, expect, it } from '@jest/globals';
import { SteppedClock } from './clock.js';
import { TidemarkError, isTidemarkError, notFound, toTidemarkError } from './errors.js';
import { uuidOf, uuidV7 } from './ids.js';
import { asOfInstant } from './instant.js';
import { decodeCursor, encodeCursor, toPage } from './paging.js';

describe('TidemarkError', () => {
  it('takes its status from the family unless told otherwise', () => {
    expect(new TidemarkError('X', 'operational', 'down').status).toBe(503);
    expect(notFound('X', 'gone').status).toBe(404);
  });

  it('wraps an unknown error as a defect and keeps the cause', () => {
    const cause = new Error('boom');
    const wrapped = toTidemarkError(cause);
    expect(wrapped).toMatchObject({ code: 'INTERNAL', family: 'defect', status: 500, cause });
    expect(isTidemarkError(wrapped)).toBe(true);
    expect(isTidemarkError(cause)).toBe(false);
  });
});

describe('SteppedClock', () => {
  it('advances and refuses to go back', () => {
    const clock = new SteppedClock(new Date('2020-01-01T00:00:00Z'));
    clock.stepTo(new Date('2020-01-02T00:00:00Z'));
    expect(clock.now().toISOString()).toBe('2020-01-02T00:00:00.000Z');
    expect(() => clock.stepTo(new Date('2020-01-01T00:00:00Z'))).toThrow(RangeError);
  });
});

describe('asOfInstant', () => {
  const NOW = new Date('2020-03-16T15:00:00.000Z');

  it.each([
    ['2020-03-15', '2020-03-16T00:00:00.000Z'],
    ['2020-03-16', '2020-03-16T15:00:00.000Z'],
    ['2020-03-16T10:00:00+01:00', '2020-03-16T09:00:00.000Z'],
    ['2020-03-16T15:00:59Z', '2020-03-16T15:00:00.000Z'],
  ])('takes %s as %s: never later than now', (text, instant) => {
    expect(asOfInstant(text, NOW).toISOString()).toBe(instant);
  });

  it.each(['2020-03-17', '2020-03-16T15:02:00Z', '2999-01-01'])('refuses %s, which is in the future', (text) => {
    expect(() => asOfInstant(text, NOW)).toThrow(expect.objectContaining({ code: 'AS_OF_IN_FUTURE', status: 400 }));
  });
});

describe('uuidV7', () => {
  it('carries version, variant and the clock time, and sorts by it', () => {
    const early = uuidV7(new SteppedClock(new Date(1_000_000)));
    const late = uuidV7(new SteppedClock(new Date(2_000_000)));
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(early < late).toBe(true);
  });
});

describe('uuidOf', () => {
  it('names the same thing by the same id, and different things by different ones', () => {
    expect(uuidOf('job', 'bar')).toBe(uuidOf('job', 'bar'));
    expect(uuidOf('job', 'bar')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidOf('jo', 'bbar')).not.toBe(uuidOf('job', 'bar'));
  });
});

describe('paging', () => {
  it('gives a cursor only when there is another row', () => {
    const keys = (row: { id: number }): number[] => [row.id];
    const page = toPage([{ id: 1 }, { id: 2 }, { id: 3 }], 2, keys);
    expect(page.items).toHaveLength(2);
    expect(decodeCursor(page.nextCursor!, ['int4'])).toEqual([2]);
    expect(toPage([{ id: 1 }], 2, keys).nextCursor).toBeUndefined();
  });

  it.each(['', 'not-json', Buffer.from('{}').toString('base64url'), encodeCursor([1, 2]), encodeCursor([])])(
    'refuses the cursor %p',
    (cursor) => {
      expect(() => decodeCursor(cursor, ['int4'])).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
    },
  );

  it('gives every key in its type', () => {
    const id = uuidV7(new SteppedClock(new Date(1_000_000)));
    const cursor = encodeCursor(['2020-01-02T03:04:05.678Z', id, 'sp500', 3_000_000_000]);
    expect(decodeCursor(cursor, ['instant', 'uuid', 'name', 'int8'])).toEqual([
      new Date('2020-01-02T03:04:05.678Z'),
      id,
      'sp500',
      3_000_000_000,
    ]);
  });

  it.each([
    ['instant', 'yesterday'],
    ['instant', '2020-13-45T00:00:00Z'],
    ['instant', 1_577_836_800_000],
    ['int4', 2_147_483_648],
    ['int4', -1],
    ['int4', 1.5],
    ['int4', '7'],
    ['int8', 2 ** 53],
    ['name', "x'; drop table bars"],
    ['uuid', 'not-a-uuid'],
  ] as const)('refuses a key that is no %s: %p', (kind, key) => {
    const cursor = encodeCursor([key]);
    expect(() => decodeCursor(cursor, [kind])).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });
});
