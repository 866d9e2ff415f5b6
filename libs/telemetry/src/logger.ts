import type { BaseConfig } from '@tidemark/config';
import { isTidemarkError } from '@tidemark/kernel';
import {
  pino,
  stdSerializers,
  stdTimeFunctions,
  type DestinationStream,
  type Logger as PinoLogger,
  type SerializedError,
} from 'pino';

/** Injection token of the process's {@link Logger}. */
export const LOGGER = Symbol('LOGGER');

/**
 * Structured logger. Lines about an agent carry `agent`, `modelVersion` and, where it matters, `deployment`
 * (what happened to the version: `registered`, `promote`, `serving`, `Staging`, …): pass them as fields, or bind them once with `logger.child({...})`.
 */
export type Logger = PinoLogger;

export type ProcessName = 'api' | 'worker' | 'scheduler' | 'cli' | 'supervisor';

export interface LoggerOptions {
  readonly process: ProcessName;
  /** Where lines go; default standard output. */
  readonly destination?: DestinationStream;
}

/** Fields whose value is never written, at the top level and one level down. */
const SECRET_FIELDS = ['authorization', 'password', 'apiKey', 'secret', 'key', 'databaseUrl'];
const SECRET_PATHS = [
  ...SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]),
  'headers["x-api-key"]',
  '*.headers["x-api-key"]',
  '*.headers.authorization',
];
const MASK = '********';

/** JSON lines with UTC time, `service`, `process` and `pid`; keys and passwords are masked, in texts too. */
export function createLogger(config: Pick<BaseConfig, 'logLevel'>, options: LoggerOptions): Logger {
  const settings = {
    level: config.logLevel,
    base: { service: 'tidemark', process: options.process, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string): { level: string } => ({ level: label }) },
    redact: { paths: SECRET_PATHS, censor: MASK },
    serializers: { err: serializeError, error: serializeError },
    hooks: { streamWrite: maskText },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** A logger that writes nothing: for tests and tools. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/** Our keys and passwords inside URLs, wherever they stand in a line. */
const KEY_TEXT = /tm_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{32,}/g;
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]+:)[^\s@"]+@/gi;

export function maskText(line: string): string {
  return line.replace(KEY_TEXT, MASK).replace(URL_PASSWORD, `$1${MASK}@`);
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error) && !isTidemarkError(error)) return error;
  const serialized: SerializedError = stdSerializers.err(error);
  if (!isTidemarkError(error)) return serialized;
  return { ...serialized, code: error.code, family: error.family, details: error.details };
}
