import { EmbeddedPostgres, type EmbeddedPostgresOptions, type RunningPostgres } from '@tidemark/embedded-postgres';
import { operationalError, toTidemarkError } from '@tidemark/kernel';
import type { RestartPolicy } from './restart-policy.js';

export interface DatabaseSurroundings {
  readonly policy: RestartPolicy;
  readonly say: (line: string) => void;
  readonly onGaveUp: (error: Error) => void;
}

const WATCH_MS = 1_000;
const HURRIED = { fastMs: 3_000, immediateMs: 2_000 };

/** The embedded PostgreSQL as a supervised part: started again when it dies, on the same address, with back-off. */
export class EmbeddedDatabase {
  private readonly postgres: EmbeddedPostgres;
  private running: RunningPostgres | undefined;
  private startedAt = 0;
  private watch: NodeJS.Timeout | undefined;
  private revival: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    options: EmbeddedPostgresOptions,
    private readonly surroundings: DatabaseSurroundings,
  ) {
    this.postgres = new EmbeddedPostgres(options);
  }

  async start(): Promise<RunningPostgres> {
    this.running = await this.postgres.start();
    this.startedAt = performance.now();
    this.watchSoon(WATCH_MS);
    return this.running;
  }

  async stop(isHurried: boolean): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.watch);
    await this.revival;
    await this.postgres.stop(isHurried ? HURRIED : undefined);
  }

  private watchSoon(pauseMs: number): void {
    if (this.isStopping) return;
    this.watch = setTimeout(() => {
      if (this.postgres.isAlive()) this.watchSoon(WATCH_MS);
      else this.revival = this.revive('PostgreSQL ended');
    }, pauseMs);
  }

  private async revive(what: string): Promise<void> {
    const pauseMs = this.surroundings.policy.next(performance.now() - this.startedAt);
    if (pauseMs === undefined) {
      this.surroundings.onGaveUp(
        operationalError('PROCESS_KEEPS_FAILING', `${what} again, and is not started any more`),
      );
      return;
    }
    this.surroundings.say(`${what}; it is started again`);
    try {
      const before = this.running?.url;
      const { url } = await this.start();
      if (url !== before)
        this.surroundings.onGaveUp(
          operationalError('DATABASE_MOVED', 'PostgreSQL could not get its port back: start again'),
        );
    } catch (error) {
      this.startedAt = performance.now();
      this.watch = setTimeout(() => {
        this.revival = this.revive(`PostgreSQL did not start (${toTidemarkError(error).message})`);
      }, pauseMs);
    }
  }
}
