/**
 * Families decide how a failure is treated everywhere: the HTTP status, the log level, whether a retry makes sense.
 * `caller`: the request is at fault; `operational`: a part we depend on is; `defect`: we are.
 */
export type ErrorFamily = 'caller' | 'operational' | 'defect';

export interface TidemarkErrorOptions {
  /** Machine-readable facts about the failure; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** HTTP status when the family's default (400, 503, 500) is too coarse, for example 404 or 409. */
  readonly status?: number;
}

const FAMILY_STATUS: Record<ErrorFamily, number> = { caller: 400, operational: 503, defect: 500 };
const FAMILY_EXIT: Record<ErrorFamily, number> = { caller: 2, operational: 75, defect: 70 };

/** The one error type that crosses layers: a stable code, a message that says what to do, and details. */
export class TidemarkError extends Error {
  readonly details: Readonly<Record<string, unknown>>;
  readonly status: number;

  constructor(
    readonly code: string,
    readonly family: ErrorFamily,
    message: string,
    options: TidemarkErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TidemarkError';
    this.details = options.details ?? {};
    this.status = options.status ?? FAMILY_STATUS[family];
  }

  /** Process exit status (sysexits.h numbers for operational and defect). */
  get exitCode(): number {
    return FAMILY_EXIT[this.family];
  }

  get retryable(): boolean {
    return this.family === 'operational';
  }
}

export function callerError(code: string, message: string, options?: TidemarkErrorOptions): TidemarkError {
  return new TidemarkError(code, 'caller', message, options);
}

export function notFound(code: string, message: string, details?: Readonly<Record<string, unknown>>): TidemarkError {
  return new TidemarkError(code, 'caller', message, { details, status: 404 });
}

export function conflict(code: string, message: string, details?: Readonly<Record<string, unknown>>): TidemarkError {
  return new TidemarkError(code, 'caller', message, { details, status: 409 });
}

export function operationalError(code: string, message: string, options?: TidemarkErrorOptions): TidemarkError {
  return new TidemarkError(code, 'operational', message, options);
}

export function defect(code: string, message: string, options?: TidemarkErrorOptions): TidemarkError {
  return new TidemarkError(code, 'defect', message, options);
}

/** True for our errors even when two copies of this module are loaded: recognised by shape, not by class. */
export function isTidemarkError(error: unknown): error is TidemarkError {
  return (
    error instanceof Error &&
    typeof (error as Partial<TidemarkError>).code === 'string' &&
    typeof (error as Partial<TidemarkError>).family === 'string'
  );
}

/** Any thrown value as a TidemarkError; what we do not know is a defect and keeps its cause. */
export function toTidemarkError(error: unknown): TidemarkError {
  if (isTidemarkError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TidemarkError('INTERNAL', 'defect', message, { cause: error });
}
