import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import type { ProcessStatus } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectRows } from '@tidemark/database';
import { CLOCK, liveTimeline, uuidV7, type Clock } from '@tidemark/kernel';
import { PROCESS_KIND, type ProcessKind } from '@tidemark/process';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';
import { ServedModels } from './served-models.js';

const BEAT_MS = 2_000;
/** A process not seen for this long counts as gone. */
const ALIVE_MS = 10_000;
/** Rows of processes gone for this long are removed. */
const FORGET_MS = 3_600_000;

interface StatusRow {
  id: string;
  kind: ProcessKind;
  pid: number;
  started_at: Date;
  seen_at: Date;
  serving: { agent: string; version: string; generation: number; registryGeneration: number }[];
}

/** Each process writes what it serves every two seconds; `status` shows all of them and their lag. */
@Injectable()
export class ProcessStatusService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly id: string;
  private readonly startedAt: Date;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly models: ServedModels,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(PROCESS_KIND) private readonly kind: ProcessKind,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.id = uuidV7(clock);
    this.startedAt = clock.now();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
    this.timer = setInterval(() => void this.beat(), BEAT_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await execute(this.dataSource, 'delete from process_status where id = $1', [this.id]).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'process status not removed: it will show as gone');
    });
  }

  /** All processes; the lag is counted against the registry as it is now, not as a process last saw it. */
  async list(): Promise<ProcessStatus[]> {
    const generations = await this.catalog.generations(liveTimeline());
    const rows = await selectRows<StatusRow>(this.dataSource, 'select * from process_status order by kind, started_at');
    const now = this.clock.now().getTime();
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      pid: row.pid,
      startedAt: row.started_at.toISOString(),
      seenAt: row.seen_at.toISOString(),
      alive: now - row.seen_at.getTime() < ALIVE_MS,
      serving: row.serving.map((serving) => {
        const registryGeneration = generations.get(serving.agent) ?? serving.registryGeneration;
        return { ...serving, registryGeneration, lag: registryGeneration - serving.generation };
      }),
    }));
  }

  private async beat(): Promise<void> {
    const now = this.clock.now();
    try {
      await execute(
        this.dataSource,
        `insert into process_status (id, kind, pid, started_at, seen_at, serving) values ($1, $2, $3, $4, $5, $6)
         on conflict (id) do update set seen_at = excluded.seen_at, serving = excluded.serving`,
        [this.id, this.kind, process.pid, this.startedAt, now, JSON.stringify(this.models.state())],
      );
      await execute(this.dataSource, 'delete from process_status where seen_at < $1', [
        new Date(now.getTime() - FORGET_MS),
      ]);
    } catch (error) {
      this.logger.warn({ err: error }, 'process status not written: the database did not answer');
    }
  }
}
