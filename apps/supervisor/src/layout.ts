import { join } from 'node:path';
import type { BaseConfig } from '@tidemark/config';
import { freePort, isPortFree } from '@tidemark/embedded-postgres';
import { callerError } from '@tidemark/kernel';

export interface Programs {
  readonly api: string;
  readonly worker: string;
  readonly scheduler: string;
  readonly cli: string;
}

/** Places and addresses of one run, settled before anything is started. */
export interface Layout {
  readonly config: BaseConfig;
  readonly projectRoot: string;
  readonly programs: Programs;
  readonly logDir: string;
  readonly apiPort: number;
  readonly workerPort: number;
  readonly schedulerPort: number;
  readonly apiUrl: string;
  readonly workerUrl: string;
  readonly schedulerUrl: string;
}

const LOOPBACK = '127.0.0.1';

export function builtPrograms(projectRoot: string): Programs {
  const main = (app: string): string => join(projectRoot, 'apps', app, 'dist', 'main.js');
  return { api: main('api'), worker: main('worker'), scheduler: main('scheduler'), cli: main('cli') };
}

export interface LayoutRequest {
  readonly config: BaseConfig;
  readonly projectRoot: string;
  readonly programs: Programs;
  /** True when somebody asked for this very port: then a taken one is an error, not a reason to move. */
  readonly isPortWanted: boolean;
  readonly say: (line: string) => void;
}

/** Settles the ports. Must run after leftovers of an earlier run are stopped, because they may hold them. */
export async function settleLayout(request: LayoutRequest): Promise<Layout> {
  const { config, projectRoot, programs } = request;
  const { host } = config.http;
  const apiPort = await settleApiPort(request);
  const workerPort = await freePort(config.workerPort, LOOPBACK);
  const schedulerPort = await freePort(config.schedulerPort, LOOPBACK);
  const callable = ['0.0.0.0', '::', 'localhost'].includes(host) ? '127.0.0.1' : host;
  return {
    config,
    projectRoot,
    programs,
    logDir: join(config.dataDir, 'logs'),
    apiPort,
    workerPort,
    schedulerPort,
    apiUrl: `http://${callable.includes(':') ? `[${callable}]` : callable}:${apiPort}`,
    workerUrl: `http://${LOOPBACK}:${workerPort}`,
    schedulerUrl: `http://${LOOPBACK}:${schedulerPort}`,
  };
}

/** @throws PORT_IN_USE when somebody asked for this very port and another program has it */
export async function refuseTakenPort({
  config,
  isPortWanted,
}: Pick<LayoutRequest, 'config' | 'isPortWanted'>): Promise<void> {
  const { host, port } = config.http;
  if (port === 0 || !isPortWanted || (await isPortFree(port, host))) return;
  throw callerError(
    'PORT_IN_USE',
    `port ${port} on ${host} is in use: stop the program that listens there, or choose another with --port PORT`,
    { details: { host, port } },
  );
}

async function settleApiPort(request: LayoutRequest): Promise<number> {
  const { host, port } = request.config.http;
  await refuseTakenPort(request);
  const free = await freePort(port, host);
  if (port !== 0 && free !== port)
    request.say(`port ${port} is in use by another program; the api takes ${free} (choose one with --port PORT)`);
  return free;
}

/** Environment of the api, the worker and the admin commands. */
export function childEnvironment(layout: Layout, env: NodeJS.ProcessEnv, databaseUrl: string): NodeJS.ProcessEnv {
  const { config } = layout;
  return {
    ...env,
    NODE_ENV: env['NODE_ENV'] ?? 'production',
    DATABASE_URL: databaseUrl,
    TIDEMARK_DATA_DIR: config.dataDir,
    TIDEMARK_HOST: config.http.host,
    TIDEMARK_PORT: String(layout.apiPort),
    TIDEMARK_WORKER_HTTP_PORT: String(layout.workerPort),
    TIDEMARK_SCHEDULER_HTTP_PORT: String(layout.schedulerPort),
    TIDEMARK_API_URL: layout.apiUrl,
    TIDEMARK_API_KEY_FILE: config.apiKeyFile,
  };
}
