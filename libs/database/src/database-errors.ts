import { isTidemarkError, operationalError, type TidemarkError } from '@tidemark/kernel';

/**
 * SQLSTATE classes and codes that mean "the server cannot serve now": connection failure (08), insufficient resources
 * (53), operator intervention (57: shutdown, crash, cancelled by timeout), I/O error (58), and read-only fail-over (25006).
 */
const UNAVAILABLE_STATE = /^(08|53|57|58|25006)/;
const DISK_FULL = '53100';
/** Lost races Postgres asks to retry: serialization failure and deadlock. */
const RETRY_STATE = /^40(001|P01)$/;
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** The driver reports these by message alone. */
const DRIVER_MESSAGES =
  /Connection terminated|connection timeout|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end|Driver not Connected/i;

interface DriverFailure {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly driverError?: unknown;
  readonly errors?: unknown;
}

/** SQLSTATE (or Node network code) of a driver failure, however it was wrapped. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as DriverFailure | null)?.code;
  if (typeof code === 'string') return code;
  const inner = (error as DriverFailure | null)?.driverError;
  return inner === undefined ? undefined : sqlState(inner);
}

/** Name of the violated constraint, when the failure is a constraint violation. */
export function violatedConstraint(error: unknown): string | undefined {
  const { constraint, driverError } = (error ?? {}) as { constraint?: unknown; driverError?: unknown };
  if (typeof constraint === 'string') return constraint;
  return driverError === undefined ? undefined : violatedConstraint(driverError);
}

/**
 * Turns "Postgres cannot be reached or cannot serve" into DATABASE_UNAVAILABLE, a full disk into
 * DATABASE_DISK_FULL and a lost race into DATABASE_CONFLICT
 * (all operational, worth a retry). Everything else is returned as it came.
 */
export function mapDatabaseError(error: unknown): unknown {
  if (isTidemarkError(error)) return error;
  const state = sqlState(error);
  if (state !== undefined && RETRY_STATE.test(state)) {
    return operationalError('DATABASE_CONFLICT', 'Another transaction won; try again.', {
      cause: error,
      details: { state },
    });
  }
  if (state === DISK_FULL) return diskFull(error);
  return isUnavailable(error, state) ? connectionLost(error) : error;
}

/** Worth a retry once there is room; what was committed is kept. */
function diskFull(cause: unknown): TidemarkError {
  return operationalError(
    'DATABASE_DISK_FULL',
    'The disk of Postgres is full: free space there. What was acknowledged as durable is kept; this write was not made.',
    { cause, details: { state: DISK_FULL } },
  );
}

/** The error for a connection that broke or could not be made. */
export function connectionLost(cause: unknown): TidemarkError {
  const state = sqlState(cause);
  return operationalError(
    'DATABASE_UNAVAILABLE',
    'Postgres cannot be reached; check that it runs and that DATABASE_URL names it.',
    { cause, details: state === undefined ? {} : { state } },
  );
}

function isUnavailable(error: unknown, state: string | undefined): boolean {
  if (state !== undefined && (NETWORK_CODES.has(state) || UNAVAILABLE_STATE.test(state))) return true;
  const { errors, message } = (error ?? {}) as DriverFailure;
  // Node tries every address of a host and reports the failures together.
  if (Array.isArray(errors) && errors.some((each) => isUnavailable(each, sqlState(each)))) return true;
  return typeof message === 'string' && DRIVER_MESSAGES.test(message);
}

/** Runs `work` and maps what it throws with {@link mapDatabaseError}. */
export async function withDatabaseErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw mapDatabaseError(error);
  }
}
