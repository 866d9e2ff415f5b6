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

const redisUrl = z.string().refine((url) => ['redis:', 'rediss:'].includes(protocolOf(url)), {
  message: 'expected a URL like redis://user:password@host:6379/0',
});

const MIB = 1024 * 1024;

const database = {
  databaseUrl: secret(
    'DATABASE_URL',
    postgresUrl,
    'Postgres that holds everything.',
    'npm start sets it to the Postgres it starts',
  ),
  redisUrl: secret('REDIS_URL', redisUrl, 'Redis that carries the wake-ups of jobs.', 'they stay in Postgres'),
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
  schedulerPort: setting(
    'TIDEMARK_SCHEDULER_HTTP_PORT',
    port,
    "Port of the scheduler's health and metrics; 0 takes a free one.",
    '7402',
  ),
};

const access = {
  apiUrl: derived(
    'TIDEMARK_API_URL',
    httpUrl,
    'Where the command line finds the api.',
    'the running instance of the data folder, else http://<host>:<port>',
  ),
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

const boolean = z.enum(['true', 'false'], 'expected true or false').transform((value) => value === 'true');

const schedule = {
  enabled: setting('ENABLE_MLOPS_JOBS', boolean, 'Whether the scheduler acts on due slots.', 'true'),
  autoRetrain: setting('MLOPS_AUTO_RETRAIN', boolean, 'Whether nightly slots let the policy decide.', 'true'),
  driftDetection: setting(
    'MLOPS_DRIFT_DETECTION',
    boolean,
    'Whether new bars are scored and watched by schedule.',
    'true',
  ),
  hyperparameterSweeps: setting(
    'MLOPS_HYPERPARAMETER_SWEEPS',
    z.literal('false', 'expected false: this version has no hyperparameter sweeps to schedule'),
    'Scheduled hyperparameter sweeps; not in this version.',
    'false',
  ),
  missedSlots: setting(
    'TIDEMARK_MISSED_SLOTS',
    z.enum(['last', 'all', 'skip']),
    'Slots that passed while nothing ran: the last of each schedule runs, all, or none (skip).',
    'last',
  ),
};

const webhook = {
  url: derived(
    'TIDEMARK_WEBHOOK_URL',
    httpUrl,
    'Where alerts and decisions of the live timeline are posted.',
    'nothing is posted',
  ),
  secret: secret(
    'TIDEMARK_WEBHOOK_SECRET',
    z
      .string()
      .regex(/^(whsec_)?[A-Za-z0-9+/]{32,}={0,2}$/, 'expected at least 24 bytes in base64, with or without whsec_'),
    'Key with which they are signed (Standard Webhooks); required with the URL.',
    'none',
  ),
};

const days = integer(0, 36_500);

const retention = {
  keepPredictionsDays: setting(
    'TIDEMARK_KEEP_PREDICTIONS_DAYS',
    days,
    'Days that a prune keeps predictions made for callers; 0 keeps all.',
    '0',
  ),
  keepJobLogsDays: setting(
    'TIDEMARK_KEEP_JOB_LOGS_DAYS',
    days,
    'Days that a prune keeps logs of ended jobs and notifications that were sent; 0 keeps all.',
    '0',
  ),
  keepFitsDays: setting(
    'TIDEMARK_KEEP_FITS_DAYS',
    days,
    'Days that a prune keeps cached fits that nothing has used; 0 keeps all.',
    '90',
  ),
};

/** All settings, one slice per concern. */
export const settings = {
  database,
  places,
  http,
  access,
  logging,
  predict,
  log,
  jobs,
  webhook,
  schedule,
  retention,
} as const;
