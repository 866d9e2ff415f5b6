import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { callerError } from '@tidemark/kernel';
import type { AppConfig, BaseConfig } from './app-config.js';
import { repositoryRoot } from './repository-root.js';
import { settings, type Setting } from './settings.js';

type Slice = Record<string, Setting>;
type Parsed<S extends Slice> = { [K in keyof S]: (S[K] extends Setting<infer T> ? T : never) | undefined };

/** One variable that cannot be used, and why. Values are never repeated: they may be secrets. */
export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** Configuration of a process that needs Postgres. Throws CONFIG_INVALID naming every problem at once. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): AppConfig {
  const problems: ConfigProblem[] = [];
  const config = parse(env, problems);
  if (config.databaseUrl === undefined && !problems.some(({ variable }) => variable === 'DATABASE_URL')) {
    problems.push({ variable: 'DATABASE_URL', message: 'is required: a URL like postgresql://user:password@host:5432/database' });
  }
  refuse(problems);
  return masked(config as AppConfig);
}

/** Configuration of a process that can do without Postgres: the command line and the supervisor. */
export function loadBaseConfig(env: NodeJS.ProcessEnv = process.env): BaseConfig {
  const problems: ConfigProblem[] = [];
  const config = parse(env, problems);
  refuse(problems);
  return masked(config);
}

/** The configuration as it may be printed: secrets are replaced. */
export function printableConfig(config: BaseConfig): Record<string, unknown> {
  const mask = (value: string | undefined): string | undefined => (value === undefined ? undefined : '********');
  return { ...config, databaseUrl: maskUrl(config.databaseUrl), apiKey: mask(config.apiKey) };
}

function maskUrl(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return url === undefined ? undefined : '********';
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '********';
  return parsed.toString();
}

function refuse(problems: readonly ConfigProblem[]): void {
  if (problems.length === 0) return;
  const list = problems.map(({ variable, message }) => `  ${variable} ${message}`).join('\n');
  throw callerError('CONFIG_INVALID', `The environment has ${problems.length} unusable value(s):\n${list}\nSee .env.example.`, {
    details: { problems },
  });
}

function parse(env: NodeJS.ProcessEnv, problems: ConfigProblem[]): BaseConfig {
  const root = repositoryRoot();
  const places = readSlice(settings.places, env, problems);
  const database = readSlice(settings.database, env, problems);
  const http = readSlice(settings.http, env, problems);
  const access = readSlice(settings.access, env, problems);
  const logging = readSlice(settings.logging, env, problems);
  const predict = readSlice(settings.predict, env, problems);
  const log = readSlice(settings.log, env, problems);
  const jobs = readSlice(settings.jobs, env, problems);
  const dataDir = absolute(places.dataDir) ?? join(root, '.tidemark');
  const host = http.host ?? '127.0.0.1';
  const port = http.port ?? 7400;
  return {
    databaseUrl: database.databaseUrl,
    databasePoolSize: database.databasePoolSize ?? 10,
    dataDir,
    artifactRoot: absolute(places.artifactRoot) ?? join(dataDir, 'artifacts'),
    agentsDir: absolute(places.agentsDir) ?? join(root, 'config', 'agents'),
    http: { host, port },
    workerPort: http.workerPort ?? 7401,
    trainerPath: absolute(places.trainerPath) ?? join(root, 'build', 'bin', 'tidemark-train'),
    ortLibrary: absolute(places.ortLibrary),
    logLevel: logging.logLevel ?? 'info',
    apiKey: access.apiKey,
    apiKeyFile: absolute(access.apiKeyFile) ?? join(dataDir, 'api-key'),
    apiUrl: access.apiUrl ?? `http://${urlHost(host)}:${port}`,
    predict: { deadlineMs: predict.deadlineMs ?? 5000, maxRows: predict.maxRows ?? 1000, maxBodyBytes: predict.maxBodyBytes ?? 4_194_304 },
    log: { bufferBytes: log.bufferBytes ?? 16_777_216, groupMaxRows: log.groupMaxRows ?? 5000, groupMaxDelayMs: log.groupMaxDelayMs ?? 5 },
    jobs: { concurrency: jobs.concurrency ?? 2, leaseSeconds: jobs.leaseSeconds ?? 30, maxAttempts: jobs.maxAttempts ?? 3 },
  };
}

/** A relative path in the environment starts at the working directory of whoever wrote it. */
function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

/** A wildcard listen address cannot be called; the loopback behind it can. IPv6 addresses go into brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function readSlice<S extends Slice>(slice: S, env: NodeJS.ProcessEnv, problems: ConfigProblem[]): Parsed<S> {
  const entries = Object.entries(slice).map(([key, setting]) => [key, readSetting(setting, env, problems)]);
  return Object.fromEntries(entries) as Parsed<S>;
}

/** An empty variable counts as absent, so that `FOO= npm start` switches a setting off. */
function readSetting(setting: Setting, env: NodeJS.ProcessEnv, problems: ConfigProblem[]): unknown {
  const text = env[setting.variable];
  if (text === undefined || text === '') return undefined;
  const result = setting.schema.safeParse(text);
  if (result.success) return result.data;
  const message = result.error.issues.map((issue) => issue.message).join('; ');
  problems.push({ variable: setting.variable, message });
  return undefined;
}

/** Printing or serialising the object as a whole (console, JSON, logs) shows secrets masked. */
function masked<T extends BaseConfig>(config: T): T {
  const printable = (): Record<string, unknown> => printableConfig(config);
  Object.defineProperty(config, 'toJSON', { value: printable });
  Object.defineProperty(config, inspect.custom, { value: printable });
  return Object.freeze(config);
}
