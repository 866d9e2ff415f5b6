import { describe, expect, it } from '@jest/globals';
import { callerError } from '@tidemark/kernel';
import { mapDatabaseError, violatedConstraint } from './database-errors.js';

const failure = (fields: object): Error => Object.assign(new Error('driver'), fields);

describe('mapDatabaseError', () => {
  it.each([
    ['a refused connection', failure({ code: 'ECONNREFUSED' })],
    ['a shutdown', failure({ code: '57P01' })],
    ['a broken connection', failure({ code: '08006' })],
    ['a fail-over to read-only', failure({ code: '25006' })],
    ['a wrapped failure', failure({ driverError: failure({ code: '57P03' }) })],
    ['all addresses of a host failing', failure({ errors: [failure({ code: 'ECONNREFUSED' })] })],
    ['a driver that only has a message', new Error('Connection terminated unexpectedly')],
  ])('maps %s to DATABASE_UNAVAILABLE', (_name, error) => {
    expect(mapDatabaseError(error)).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      family: 'operational',
      status: 503,
      cause: error,
    });
  });

  it('says that a disk is full, and what to do', () => {
    expect(mapDatabaseError(failure({ driverError: failure({ code: '53100' }) }))).toMatchObject({
      code: 'DATABASE_DISK_FULL',
      status: 503,
      retryable: true,
      message: expect.stringContaining('free space') as unknown,
    });
  });

  it.each([
    ['28P01', 'DATABASE_LOGIN_REFUSED', 'DATABASE_URL'],
    ['28000', 'DATABASE_LOGIN_REFUSED', 'DATABASE_URL'],
    ['3D000', 'DATABASE_UNKNOWN', 'create that database'],
    ['42501', 'DATABASE_PRIVILEGE_MISSING', 'granted'],
    ['53300', 'DATABASE_CONNECTIONS_EXHAUSTED', 'raise the limit'],
  ])('maps the refusal %s to %s and says what came and what to do', (state, code, advice) => {
    const mapped = mapDatabaseError(failure({ driverError: failure({ code: state }) }));
    expect(mapped).toMatchObject({ code, family: 'operational', exitCode: 75, details: { state } });
    expect((mapped as Error).message).toMatch(/^Postgres says: driver\. What to do: .+\.$/);
    expect((mapped as Error).message).toContain(advice);
  });

  it.each(['40001', '40P01'])('maps the lost race %s to DATABASE_CONFLICT', (code) => {
    expect(mapDatabaseError(failure({ driverError: failure({ code }) }))).toMatchObject({
      code: 'DATABASE_CONFLICT',
      retryable: true,
    });
  });

  it('leaves everything else as it is', () => {
    const unique = failure({ driverError: failure({ code: '23505', constraint: 'pk_bars' }) });
    expect(mapDatabaseError(unique)).toBe(unique);
    expect(violatedConstraint(unique)).toBe('pk_bars');
    const ours = callerError('X', 'x');
    expect(mapDatabaseError(ours)).toBe(ours);
    expect(mapDatabaseError(undefined)).toBeUndefined();
  });
});
