import { loadBaseConfig } from '@tidemark/config';
import { toTidemarkError } from '@tidemark/kernel';
import { type Terminal, confirmErase, eraseData } from './fresh.js';
import { type Programs, builtPrograms, refuseTakenPort } from './layout.js';
import type { RestartLimits } from './restart-policy.js';
import { type Output, Screen } from './screen.js';
import { Supervisor } from './supervisor.js';

/** The flags of `npm start`, already checked. */
export interface StartOptions {
  readonly port?: number;
  readonly dataDir?: string;
  readonly fresh: boolean;
  readonly yes: boolean;
  readonly mainJob: boolean;
}

export interface SuperviseRequest {
  readonly options: StartOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly projectRoot: string;
  /** Folder of the caller; printed paths are relative to it. */
  readonly from: string;
  readonly output: Output;
  readonly terminal?: Terminal;
  readonly programs?: Programs;
  readonly restarts?: RestartLimits;
}

/** Runs Tidemark in the foreground until it is stopped; returns the exit code and prints what went wrong. */
export async function supervise(request: SuperviseRequest): Promise<number> {
  const screen = new Screen(request.output);
  try {
    return await run(request, screen);
  } catch (thrown) {
    const error = toTidemarkError(thrown);
    screen.line(`${error.code}: ${error.message}`);
    if (error.family === 'defect' && error.stack !== undefined) screen.line(error.stack);
    return error.exitCode;
  }
}

async function run(request: SuperviseRequest, screen: Screen): Promise<number> {
  const { options, projectRoot } = request;
  const env = {
    ...request.env,
    ...(options.port === undefined ? {} : { TIDEMARK_PORT: String(options.port) }),
    ...(options.dataDir === undefined ? {} : { TIDEMARK_DATA_DIR: options.dataDir }),
  };
  const config = loadBaseConfig(env);
  const isPortWanted = Boolean(env['TIDEMARK_PORT']);
  if (options.fresh) {
    // A start that would be refused anyway erases nothing.
    await refuseTakenPort({ config, isPortWanted });
    await confirmErase(config.dataDir, options.yes, request.terminal);
    await eraseData(config.dataDir, projectRoot);
    screen.line(`${config.dataDir} is empty`);
  }
  const supervisor = new Supervisor({
    config,
    env,
    projectRoot,
    screen,
    programs: request.programs ?? builtPrograms(projectRoot),
    isPortWanted,
    mainJob: options.mainJob,
    from: request.from,
    restarts: request.restarts,
  });
  return supervisor.run();
}
