import { callerError, operationalError, type TidemarkError } from '@tidemark/kernel';

/** Codes of this library; each names one thing an operator can act on. */
export const EMBEDDED_POSTGRES_CODES = [
  'DATA_FOLDER_FOREIGN',
  'DATA_FOLDER_LOCKED',
  'DATA_FOLDER_NOT_WRITABLE',
  'EMBEDDED_POSTGRES_ACCOUNT_MISSING',
  'EMBEDDED_POSTGRES_FOREIGN_OWNER',
  'EMBEDDED_POSTGRES_INITDB_FAILED',
  'EMBEDDED_POSTGRES_NOT_INSTALLED',
  'EMBEDDED_POSTGRES_PASSWORD_LOST',
  'EMBEDDED_POSTGRES_START_FAILED',
  'EMBEDDED_POSTGRES_STOP_FAILED',
  'EMBEDDED_POSTGRES_UNREACHABLE',
  'EMBEDDED_POSTGRES_UNSUPPORTED_PLATFORM',
  'EMBEDDED_POSTGRES_WRONG_VERSION',
] as const;
export type EmbeddedPostgresCode = (typeof EMBEDDED_POSTGRES_CODES)[number];

/** The operator has to change something (a path, an owner, a flag): trying again will not help. */
export function setupError(
  code: EmbeddedPostgresCode,
  message: string,
  details?: Record<string, unknown>,
): TidemarkError {
  return callerError(code, message, details ? { details } : {});
}

/** The server or the machine failed; trying again may help. */
export function serverError(code: EmbeddedPostgresCode, message: string, cause?: unknown): TidemarkError {
  return operationalError(code, message, { cause });
}
