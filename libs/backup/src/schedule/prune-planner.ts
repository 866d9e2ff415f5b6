import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { INSTALLATION, type Job, type PruneStatus } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction, selectOne } from '@tidemark/database';
import { JobStore, type NewJob } from '@tidemark/jobs';
import { CLOCK, outerClock, uuidOf, type Clock } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';

const DAY_MS = 86_400_000;
/** 05:30 UTC: behind the decisions and checks of the night, which read what a prune may delete. */
const DUE_MS = 5.5 * 3_600_000;

/**
 * Asks for one prune a night for the whole installation, whatever the number of schedulers: the job is named after its
 * night. A night that passed while nothing ran is made up for once; nights before the first job of the installation are not.
 */
@Injectable()
export class PrunePlanner {
  /** Nights are those of this machine, never those of a replay. */
  private readonly clock: Clock;
  /** Newest slot that this process has looked at, ms: the database is asked once a night. */
  private seenSlot = 0;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly jobs: JobStore,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'schedule'>,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.clock = outerClock(clock);
  }

  /** Queues the newest night that is due, unless it was; resolves to the number of jobs that were queued. */
  async plan(): Promise<number> {
    if (!this.config.schedule.enabled) return 0;
    const slotAt = lastSlot(this.clock.now());
    if (slotAt.getTime() <= this.seenSlot) return 0;
    const queued = await inTransaction(this.dataSource, (runner) => this.queue(runner, slotAt));
    this.seenSlot = slotAt.getTime();
    return queued;
  }

  /** Asks for one by hand, whatever the night. */
  async start(): Promise<Job> {
    return this.jobs.start({ kind: 'prune', agent: INSTALLATION, payload: {} });
  }

  async status(): Promise<PruneStatus> {
    const { enabled } = this.config.schedule;
    const { items } = await this.jobs.list({ kind: 'prune', limit: 1 });
    const next = new Date(lastSlot(this.clock.now()).getTime() + DAY_MS);
    return { enabled, nextSlot: enabled ? next.toISOString() : undefined, last: items[0] };
  }

  private async queue(runner: QueryRunner, slotAt: Date): Promise<number> {
    const job = jobOf(slotAt);
    const { existed, planned } = (await selectOne<{ existed: boolean; planned: boolean }>(
      runner,
      `select exists (select 1 from job_run where created_at < $1) as existed,
         exists (select 1 from job_run where id = $2) as planned`,
      [slotAt, job.id],
    ))!;
    if (!existed || planned) return 0;
    await this.jobs.create(runner, job);
    return 1;
  }
}

/** The newest instant at which a prune was due. */
function lastSlot(now: Date): Date {
  return new Date(Math.floor((now.getTime() - DUE_MS) / DAY_MS) * DAY_MS + DUE_MS);
}

/** Asked for once however many schedulers plan the night. */
function jobOf(slotAt: Date): NewJob & { readonly id: string } {
  const at = slotAt.toISOString();
  return { id: uuidOf('prune', at), kind: 'prune', agent: INSTALLATION, payload: { slotAt: at } };
}
