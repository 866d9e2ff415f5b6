import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { callerError } from '@tidemark/kernel';
import type { AppConfig, BaseConfig, ScheduleConfig } from './app-config.js';
import { repositoryRoot } from './repository-root.js';
import { settings, type Setting, type SettingWithDefault } from './settings.js';

type Slice = Record<string, Setting>;
type Parsed<S extends Slice> = {
  [K in keyof S]: S[K] extends SettingWithDefault<infer T> ? T : S[K] extends Setting<infer T> ? T | undefined : never;
};

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
    problems.push({
      variable: 'DATABASE_URL',
      message: 'is required: a URL like postgresql://user:password@host:5432/database',
    });
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
  return {
    ...config,
    databaseUrl: maskUrl(config.databaseUrl),
    redisUrl: maskUrl(config.redisUrl),
    apiKey: mask(config.apiKey),
  };
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
  throw callerError(
    'CONFIG_INVALID',
    `The environment has ${problems.length} unusable value(s):\n${list}\nSee config/.env.example.`,
    {
      details: { problems },
    },
  );
}

function scheduleOf({
  enabled,
  autoRetrain,
  driftDetection,
  missedSlots,
}: Parsed<typeof settings.schedule>): ScheduleConfig {
  return { enabled, autoRetrain, driftDetection, missedSlots };
}

/** What is posted must be signed: whoever receives it has to know that it is ours. */
function webhookOf(webhook: BaseConfig['webhook'], problems: ConfigProblem[]): BaseConfig['webhook'] {
  if (
    webhook.url !== undefined &&
    webhook.secret === undefined &&
    !problems.some(({ variable }) => variable.startsWith('TIDEMARK_WEBHOOK'))
  )
    problems.push({ variable: 'TIDEMARK_WEBHOOK_SECRET', message: 'is required with TIDEMARK_WEBHOOK_URL' });
  return webhook;
}

function parse(env: NodeJS.ProcessEnv, problems: ConfigProblem[]): BaseConfig {
  const read = <S extends Slice>(slice: S): Parsed<S> => readSlice(slice, env, problems);
  const { host, port, workerPort, schedulerPort } = read(settings.http);
  const { apiUrl, apiKey, apiKeyFile } = read(settings.access);
  const places = placesOf(read(settings.places));
  return {
    ...read(settings.database),
    ...places,
    http: { host, port },
    workerPort,
    schedulerPort,
    ...read(settings.logging),
    apiKey,
    apiKeyFile: absolute(apiKeyFile) ?? join(places.dataDir, 'api-key'),
    apiUrl: apiUrl ?? `http://${urlHost(host)}:${port}`,
    isApiUrlGiven: [settings.access.apiUrl, settings.http.host, settings.http.port].some(({ variable }) =>
      Boolean(env[variable]),
    ),
    predict: read(settings.predict),
    log: read(settings.log),
    jobs: read(settings.jobs),
    schedule: scheduleOf(read(settings.schedule)),
    webhook: webhookOf(read(settings.webhook), problems),
    retention: read(settings.retention),
  };
}

type Places = Pick<BaseConfig, 'dataDir' | 'artifactRoot' | 'agentsDir' | 'trainerPath' | 'ortLibrary'>;

function placesOf(given: Parsed<typeof settings.places>): Places {
  const root = repositoryRoot();
  const dataDir = absolute(given.dataDir) ?? join(root, '.tidemark');
  return {
    dataDir,
    artifactRoot: absolute(given.artifactRoot) ?? join(dataDir, 'artifacts'),
    agentsDir: absolute(given.agentsDir) ?? join(root, 'config', 'agents'),
    trainerPath: absolute(given.trainerPath) ?? join(root, 'build', 'bin', 'tidemark-train'),
    ortLibrary: absolute(given.ortLibrary),
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
  const given = env[setting.variable];
  const isAbsent = given === undefined || given === '';
  if (isAbsent && setting.isDerived) return undefined;
  const result = setting.schema.safeParse(isAbsent ? setting.fallback : given);
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
