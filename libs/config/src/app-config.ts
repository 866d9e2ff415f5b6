/** Injection token of the {@link AppConfig} of this process. */
export const APP_CONFIG = Symbol('APP_CONFIG');

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
}

/** Limits of one predict request. */
export interface PredictConfig {
  readonly deadlineMs: number;
  readonly maxRows: number;
  readonly maxBodyBytes: number;
}

/** The in-memory buffer between predictions and their log table. */
export interface PredictionLogConfig {
  readonly bufferBytes: number;
  readonly groupMaxRows: number;
  readonly groupMaxDelayMs: number;
}

export interface JobsConfig {
  readonly concurrency: number;
  /** A running job whose lease was not renewed for this long may be claimed by another worker. */
  readonly leaseSeconds: number;
  readonly maxAttempts: number;
}

/** What the scheduler does by itself. */
export interface ScheduleConfig {
  /** False: no slot is acted on; triggering by hand still works. */
  readonly enabled: boolean;
  readonly autoRetrain: boolean;
  readonly driftDetection: boolean;
  /** Of slots that passed while nothing ran: the last of each schedule runs, all of them, or none. */
  readonly missedSlots: 'last' | 'all' | 'skip';
}

/** Where alerts and decisions are told. */
export interface WebhookConfig {
  /** None: nothing is told. */
  readonly url?: string;
  /** Key of the signatures, as it stands in the setting. */
  readonly secret?: string;
}

/** What a prune keeps, days; 0 keeps all. */
export interface RetentionConfig {
  readonly keepPredictionsDays: number;
  readonly keepJobLogsDays: number;
  /** Since their last use. */
  readonly keepFitsDays: number;
}

/** Everything a process reads from its environment, parsed once at start. Paths are absolute. */
export interface BaseConfig {
  readonly databaseUrl?: string;
  /** Redis that carries the wake-ups of jobs instead of Postgres. */
  readonly redisUrl?: string;
  readonly databasePoolSize: number;
  readonly dataDir: string;
  readonly artifactRoot: string;
  readonly agentsDir: string;
  readonly http: HttpConfig;
  /** Port of the worker's health and metrics endpoint. */
  readonly workerPort: number;
  /** Port of the scheduler's health and metrics endpoint. */
  readonly schedulerPort: number;
  readonly trainerPath: string;
  /** ONNX Runtime library to load instead of the installed one. */
  readonly ortLibrary?: string;
  readonly logLevel: LogLevel;
  readonly apiKey?: string;
  readonly apiKeyFile: string;
  readonly apiUrl: string;
  /** The environment says where the api is, or where it listens: a running instance is not looked up. */
  readonly isApiUrlGiven: boolean;
  readonly predict: PredictConfig;
  readonly log: PredictionLogConfig;
  readonly jobs: JobsConfig;
  readonly webhook: WebhookConfig;
  readonly schedule: ScheduleConfig;
  readonly retention: RetentionConfig;
}

/** Configuration of a process that talks to Postgres: api, worker, admin commands. */
export interface AppConfig extends BaseConfig {
  readonly databaseUrl: string;
}
