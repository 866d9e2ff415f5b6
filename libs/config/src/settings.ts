import { z } from 'zod';
import { logLevels } from './app-config.js';

/** One environment variable: how it is parsed, what it is for, and what holds when it is absent. */
export interface Setting<T = unknown> {
  readonly variable: string;
  readonly schema: z.ZodType<T>;
  readonly purpose: string;
  /** Shown in .env.example: the value or the rule that holds without the variable. */
  readonly fallback: string;
  /** The fallback is a rule the code knows, not a text to parse. */
  readonly isDerived: boolean;
  readonly secret?: true;
}

/** A setting with a default, itself written as it would stand in the environment. */
export interface SettingWithDefault<T = unknown> extends Setting<T> {
  readonly isDerived: false;
}

function setting<T>(variable: string, schema: z.ZodType<T>, purpose: string, fallback: string): SettingWithDefault<T> {
  return { variable, schema, purpose, fallback, isDerived: false };
}

function derived<T>(variable: string, schema: z.ZodType<T>, purpose: string, rule: string): Setting<T> {
  return { variable, schema, purpose, fallback: rule, isDerived: true };
}

function secret<T>(variable: string, schema: z.ZodType<T>, purpose: string, rule: string): Setting<T> {
  return { ...derived(variable, schema, purpose, rule), secret: true };
}

/** A whole number written in decimal digits; refuses what Number() would quietly accept, such as '' or '1e3'. */
function integer(min: number, max: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `expected at least ${min}`).max(max, `expected at most ${max}`));
}

const port = integer(0, 65_535);
const path = z.string().min(1);
const postgresUrl = z.string().refine((url) => ['postgres:', 'postgresql:'].includes(protocolOf(url)), {
  message: 'expected a URL like postgresql://user:password@host:5432/database',
});
const httpUrl = z.string().refine((url) => ['http:', 'https:'].includes(protocolOf(url)), {
  message: 'expected a URL like http://127.0.0.1:7400',
});

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

const MIB = 1024 * 1024;

const database = {
  databaseUrl: secret(
    'DATABASE_URL',
    postgresUrl,
    'Postgres that holds everything.',
    'npm start sets it to the Postgres it starts',
  ),
  databasePoolSize: setting('TIDEMARK_DATABASE_POOL_SIZE', integer(2, 200), 'Most connections of one process.', '10'),
};

const places = {
  dataDir: derived('TIDEMARK_DATA_DIR', path, 'Folder for state of this installation.', '<clone>/.tidemark'),
  artifactRoot: derived(
    'TIDEMARK_ARTIFACT_ROOT',
    path,
    'Folder of model files, named by content.',
    '<data dir>/artifacts',
  ),
  agentsDir: derived('TIDEMARK_AGENTS_DIR', path, 'Folder of the agents, one YAML file each.', '<clone>/config/agents'),
  trainerPath: derived('TIDEMARK_TRAINER', path, 'Trainer binary.', '<clone>/build/bin/tidemark-train'),
  ortLibrary: derived('TIDEMARK_ORT_LIBRARY', path, 'ONNX Runtime library.', 'the one npm installed'),
};

const http = {
  host: setting('TIDEMARK_HOST', z.string().min(1), 'Address the api listens on.', '127.0.0.1'),
  port: setting('TIDEMARK_PORT', port, 'Port of the api; 0 takes a free one.', '7400'),
  workerPort: setting(
    'TIDEMARK_WORKER_HTTP_PORT',
    port,
    "Port of the worker's health and metrics; 0 takes a free one.",
    '7401',
  ),
};

const access = {
  apiUrl: derived('TIDEMARK_API_URL', httpUrl, 'Where the command line finds the api.', 'http://<host>:<port>'),
  apiKey: secret('TIDEMARK_API_KEY', z.string().min(1), 'API key of the command line.', 'read from the key file'),
  apiKeyFile: derived(
    'TIDEMARK_API_KEY_FILE',
    path,
    'File the first API key is written to, mode 0600.',
    '<data dir>/api-key',
  ),
};

const logging = {
  logLevel: setting('TIDEMARK_LOG_LEVEL', z.enum(logLevels), `Lowest level written: ${logLevels.join(', ')}.`, 'info'),
};

const predict = {
  deadlineMs: setting(
    'TIDEMARK_PREDICT_DEADLINE_MS',
    integer(10, 600_000),
    'Longest a predict request may take, milliseconds.',
    '5000',
  ),
  maxRows: setting('TIDEMARK_PREDICT_MAX_ROWS', integer(1, 100_000), 'Most items in one predict request.', '1000'),
  maxBodyBytes: setting(
    'TIDEMARK_PREDICT_MAX_BODY_BYTES',
    integer(1024, 1024 * MIB),
    'Largest request body, bytes.',
    '4194304',
  ),
};

const log = {
  bufferBytes: setting(
    'TIDEMARK_LOG_BUFFER_BYTES',
    integer(1024, 4096 * MIB),
    'Predictions waiting for their log, bytes; more are dropped and counted.',
    '16777216',
  ),
  groupMaxRows: setting(
    'TIDEMARK_LOG_GROUP_ROWS',
    integer(1, 1_000_000),
    'Most prediction rows in one commit.',
    '5000',
  ),
  groupMaxDelayMs: setting(
    'TIDEMARK_LOG_GROUP_DELAY_MS',
    integer(0, 60_000),
    'Longest a prediction waits for its group, milliseconds.',
    '5',
  ),
};

const jobs = {
  concurrency: setting('TIDEMARK_JOB_CONCURRENCY', integer(1, 64), 'Jobs a worker runs at once.', '2'),
  leaseSeconds: setting(
    'TIDEMARK_JOB_LEASE_SECONDS',
    integer(1, 3600),
    'A job whose worker was silent this long is run again, seconds.',
    '30',
  ),
  maxAttempts: setting('TIDEMARK_JOB_MAX_ATTEMPTS', integer(1, 100), 'Attempts before a job fails.', '3'),
};

/** All settings, one slice per concern. */
export const settings = { database, places, http, access, logging, predict, log, jobs } as const;
