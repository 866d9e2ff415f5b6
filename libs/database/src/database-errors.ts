import { isTidemarkError, operationalError, type TidemarkError } from '@tidemark/kernel';

/**
 * SQLSTATE classes and codes that mean "the server cannot serve now": connection failure (08), insufficient resources
 * (53), operator intervention (57: shutdown, crash, cancelled by timeout), I/O error (58), and read-only fail-over (25006).
 */
const UNAVAILABLE_STATE = /^(08|53|57|58|25006)/;
const DISK_FULL = '53100';
const LOGIN_ADVICE = 'check user and password in DATABASE_URL, and that the server lets this user in';
/** The driver's own words, without an SQLSTATE, for a URL without a password on a server that asks for one. */
const NO_PASSWORD = /client password must be a/i;
/** What Postgres refuses until somebody changes the URL or the server: code of the error, and what to do. */
const REFUSALS: Readonly<Record<string, readonly [code: string, advice: string]>> = {
  '28P01': ['DATABASE_LOGIN_REFUSED', LOGIN_ADVICE],
  '28000': ['DATABASE_LOGIN_REFUSED', LOGIN_ADVICE],
  '3D000': [
    'DATABASE_UNKNOWN',
    'create that database on the server, or name the right one in the path of DATABASE_URL',
  ],
  '42501': [
    'DATABASE_PRIVILEGE_MISSING',
    'the role of DATABASE_URL has to own the database, or be granted what is missing',
  ],
  '53300': [
    'DATABASE_CONNECTIONS_EXHAUSTED',
    'end some, raise the limit of the server or the role, or lower TIDEMARK_DATABASE_POOL_SIZE',
  ],
};
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
 * Turns "Postgres cannot be reached or cannot serve" into DATABASE_UNAVAILABLE, a full disk into DATABASE_DISK_FULL, a
 * lost race into DATABASE_CONFLICT, and what the server refuses this URL into DATABASE_LOGIN_REFUSED, DATABASE_UNKNOWN,
 * DATABASE_PRIVILEGE_MISSING or DATABASE_CONNECTIONS_EXHAUSTED (all operational, worth a retry). Everything else is
 * returned as it came.
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
  const refusal = refusalOf(error, state);
  if (refusal !== undefined) return refusal;
  return isUnavailable(error, state) ? connectionLost(error) : error;
}

/** The server's own words name the role, the database or the table, and never hold the password. */
function refusalOf(cause: unknown, state: string | undefined): TidemarkError | undefined {
  const said = (cause as DriverFailure | null)?.message;
  if (typeof said !== 'string') return undefined;
  if (state === undefined && NO_PASSWORD.test(said)) {
    const message = `Postgres expects a password, and DATABASE_URL has none: ${LOGIN_ADVICE}.`;
    return operationalError('DATABASE_LOGIN_REFUSED', message, { cause });
  }
  const [code, advice] = (state === undefined ? undefined : REFUSALS[state]) ?? [];
  if (code === undefined) return undefined;
  return operationalError(code, `Postgres says: ${said}. What to do: ${advice ?? ''}.`, { cause, details: { state } });
}

/** Worth a retry once there is room; what was committed is kept. */
function diskFull(cause: unknown): TidemarkError {
  return operationalError(
    'DATABASE_DISK_FULL',
    'The disk of Postgres is full: free space there, then send this again, which was not acknowledged. What was acknowledged is kept.',
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
