import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BaseConfig } from '@tidemark/config';
import {
  DataFolderLock,
  isOurDataFolder,
  prepareDataFolder,
  readIfPresent,
  startToken,
  writePrivateFile,
} from '@tidemark/embedded-postgres';
import { operationalError, toTidemarkError, type TidemarkError } from '@tidemark/kernel';
import { runAdmin } from './admin-commands.js';
import { ApiClient, isHealthy } from './api-client.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { checkExternalDatabase } from './external-database.js';
import { LEDGER_FILE, LOCK_FILE, STATE_FILE } from './files.js';
import { type Layout, type Programs, childEnvironment, refuseTakenPort, settleLayout } from './layout.js';
import { showMainJob } from './main-job.js';
import { ManagedProcess } from './managed-process.js';
import { nextSteps } from './next-steps.js';
import { ProcessLedger } from './process-ledger.js';
import { type RestartLimits, RestartPolicy } from './restart-policy.js';
import type { Screen } from './screen.js';
import { StopRequest } from './stop-request.js';

export interface SupervisorSetup {
  readonly config: BaseConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly projectRoot: string;
  readonly programs: Programs;
  readonly screen: Screen;
  readonly isPortWanted: boolean;
  readonly mainJob: boolean;
  /** Folder that printed paths are relative to. */
  readonly from: string;
  readonly restarts?: RestartLimits;
}

const READY_TIMEOUT_MS = 90_000;
const READY_POLL_MS = 150;
const GRACE_MS = 20_000;

/** In the order they are stopped: each may need the next ones to finish its work. */
const PARTS = ['api', 'scheduler', 'worker'] as const;
type PartName = (typeof PARTS)[number];

/** Starts the parts, keeps them running, and stops them in the opposite order of need, PostgreSQL last. */
export class Supervisor {
  private readonly stopRequest = new StopRequest(() => this.hurry());
  private readonly ledger: ProcessLedger;
  private lock: DataFolderLock | undefined;
  private database: EmbeddedDatabase | undefined;
  private readonly parts = new Map<PartName, ManagedProcess>();
  private failure: TidemarkError | undefined;

  constructor(private readonly setup: SupervisorSetup) {
    this.ledger = new ProcessLedger(join(setup.config.dataDir, LEDGER_FILE));
  }

  /** Runs until a signal or a part that cannot be kept running ends it; returns the exit code. */
  async run(): Promise<number> {
    this.stopRequest.listen();
    let isJobDone = true;
    try {
      isJobDone = await this.serve();
    } catch (error) {
      // A step that a request to stop cut short fails as a consequence; that is not worth reporting.
      if (!this.stopRequest.signal.aborted) this.failure = toTidemarkError(error);
    }
    await this.drain();
    this.stopRequest.unlisten();
    if (this.failure) throw this.failure;
    return isJobDone ? 0 : 1;
  }

  private async serve(): Promise<boolean> {
    const { screen, mainJob, from } = this.setup;
    const { signal } = this.stopRequest;
    const layout = await this.prepare();
    const env = childEnvironment(layout, this.setup.env, await this.openDatabase(layout));
    await runAdmin(layout.programs.cli, ['keys', 'create', '--if-none'], env, layout.projectRoot);
    signal.throwIfAborted();
    for (const name of PARTS) this.parts.set(name, this.startPart(name, layout, env));
    await this.waitUntilHealthy('api', layout.apiUrl);
    await this.waitUntilHealthy('worker', layout.workerUrl);
    await this.waitUntilHealthy('scheduler', layout.schedulerUrl);
    screen.line('api, worker and scheduler are ready');
    const client = new ApiClient(layout.apiUrl, readKey(layout.config));
    const isJobDone = await showMainJob(client, screen, signal, { mayRun: mainJob, apiUrl: layout.apiUrl });
    for (const line of nextSteps(layout, this.setup.env, from)) screen.line(line);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return isJobDone;
  }

  /** Takes the data folder, clears what a killed supervisor left in it, and settles the ports. */
  private async prepare(): Promise<Layout> {
    const { config, projectRoot, programs, isPortWanted } = this.setup;
    const request = { config, projectRoot, programs, isPortWanted, say: (line: string) => this.say(line) };
    // Nothing of ours can run on a folder that is not ours yet: a refused start leaves none behind.
    if (!isOurDataFolder(config.dataDir)) await refuseTakenPort(request);
    const dataDir = prepareDataFolder(config.dataDir);
    this.lock = DataFolderLock.acquire(join(dataDir, LOCK_FILE), 'npm start');
    for (const name of await this.ledger.stopLeftovers())
      this.say(`${name} was still running from an earlier start and is stopped`);
    const layout = await settleLayout(request);
    mkdirSync(layout.logDir, { recursive: true, mode: 0o700 });
    writePrivateFile(join(dataDir, STATE_FILE), stateText(layout));
    return layout;
  }

  /** Returns the URL of a database whose schema is current. Only the embedded one is migrated here. */
  private async openDatabase(layout: Layout): Promise<string> {
    const { config, projectRoot, programs } = layout;
    if (config.databaseUrl !== undefined) {
      await checkExternalDatabase(config.databaseUrl);
      this.say('using the database of DATABASE_URL');
      return config.databaseUrl;
    }
    this.database = new EmbeddedDatabase(
      { dataDir: config.dataDir, projectRoot, say: (line) => this.say(line) },
      this.surroundings(),
    );
    const { url, port } = await this.database.start();
    this.stopRequest.signal.throwIfAborted();
    this.say(`PostgreSQL is ready on port ${port}`);
    await runAdmin(programs.cli, ['migrate'], childEnvironment(layout, this.setup.env, url), projectRoot);
    this.stopRequest.signal.throwIfAborted();
    return url;
  }

  private startPart(name: PartName, layout: Layout, env: NodeJS.ProcessEnv): ManagedProcess {
    const plan = {
      name,
      script: layout.programs[name],
      cwd: layout.projectRoot,
      env,
      logFile: join(layout.logDir, `${name}.log`),
    };
    const part = new ManagedProcess(plan, { ...this.surroundings(), ledger: this.ledger });
    part.start();
    return part;
  }

  private surroundings(): { policy: RestartPolicy; say: (line: string) => void; onGaveUp: (error: Error) => void } {
    return {
      policy: new RestartPolicy(this.setup.restarts),
      say: (line) => this.say(line),
      onGaveUp: (error) => {
        this.failure ??= toTidemarkError(error);
        this.stopRequest.stop();
      },
    };
  }

  private async waitUntilHealthy(name: string, url: string): Promise<void> {
    const { signal } = this.stopRequest;
    const end = performance.now() + READY_TIMEOUT_MS;
    while (!(await isHealthy(url))) {
      if (performance.now() >= end) {
        const log = join(this.setup.config.dataDir, 'logs', `${name}.log`);
        throw operationalError(
          'PROCESS_NOT_READY',
          `${name} did not answer ${url}/health with success within ${READY_TIMEOUT_MS / 1000} s: see ${log}`,
        );
      }
      await delay(READY_POLL_MS, undefined, { signal });
    }
  }

  private async drain(): Promise<void> {
    const { stopRequest } = this;
    // From here on a signal asks to hurry, also when the reason to stop was a failure.
    stopRequest.stop();
    const grace = (): number => (stopRequest.isHurried ? 0 : GRACE_MS);
    const names = PARTS.filter((name) => this.parts.has(name));
    const parts = [...names, ...(this.database === undefined ? [] : ['PostgreSQL'])].join(', ');
    if (parts !== '')
      this.say(this.failure ? `stopping the rest: ${parts}` : `stopping: ${parts} (Ctrl-C again to hurry)`);
    for (const name of names) await this.parts.get(name)?.stop(grace());
    await this.database?.stop(stopRequest.isHurried);
    this.lock?.release();
    if (parts !== '') this.say('stopped');
  }

  private hurry(): void {
    this.say('hurrying');
    for (const part of this.parts.values()) part.hurry();
  }

  private say(line: string): void {
    this.setup.screen.line(line);
  }
}

/** What the command line reads to find this instance, and to know that it still runs. */
function stateText({ apiUrl, workerUrl, schedulerUrl }: Layout): string {
  const { pid } = process;
  return `${JSON.stringify({ pid, startToken: startToken(pid), apiUrl, workerUrl, schedulerUrl }, undefined, 2)}\n`;
}

function readKey(config: BaseConfig): string {
  const key = config.apiKey ?? readIfPresent(config.apiKeyFile)?.trim();
  if (key) return key;
  throw operationalError(
    'API_KEY_MISSING',
    `${config.apiKeyFile} is missing, though the database has a key: put it back, set TIDEMARK_API_KEY, or make a new one with \`npx tidemark admin keys create\``,
  );
}
