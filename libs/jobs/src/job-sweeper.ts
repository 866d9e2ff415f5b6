import { execute, inTransaction, selectRows } from '@tidemark/database';
import type { DataSource, QueryRunner } from 'typeorm';
import { enqueue } from './enqueue.js';
import { cancelParts } from './job-cancel.js';
import { ATTEMPTS_SPENT } from './jobs.errors.js';

export interface SweepReport {
  readonly requeued: number;
  readonly failed: number;
  readonly cancelled: number;
}

interface SilentRow {
  readonly id: string;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly cancel_requested: boolean;
  readonly now: Date;
}

/** A queued job whose wake-up was sent this long ago and that nobody has started is woken again. */
const LOST_WAKE_UP_SWEEPS = 30;

/** Takes jobs back from workers that went silent, and repeats wake-ups that may have been lost. */
export class JobSweeper {
  private sweeps = 0;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Running jobs whose lease has ended: the next attempt is queued, or the job is cancelled where that was requested, or
   * it fails with ATTEMPTS_SPENT. The old worker, should it still live, owns nothing from here on.
   */
  async sweep(): Promise<SweepReport> {
    if (this.sweeps % LOST_WAKE_UP_SWEEPS === 0) await this.repeatLostWakeUps();
    this.sweeps += 1;
    return inTransaction(this.dataSource, async (runner) => {
      const report = { requeued: 0, failed: 0, cancelled: 0 };
      const silent = await selectRows<SilentRow>(
        runner,
        // Cancelled ones come last: what is part of them and silent, too, is queued by then, and cancelled with them.
        `select id, attempt, max_attempts, cancel_requested, now() as now from job_run
         where state = 'running' and lease_until < now()
         order by cancel_requested, id limit 100 for update skip locked`,
      );
      for (const row of silent) report[await takeBack(runner, row)] += 1;
      return report;
    });
  }

  /** A wake-up that still waits in the transport is merged with the repeated one, so repeating is harmless. */
  private async repeatLostWakeUps(): Promise<void> {
    await selectRows(
      this.dataSource,
      `insert into job_outbox (job_id, attempt, created_at, available_at)
       select id, attempt + 1, now(), now() from job_run where state = 'queued' on conflict (job_id, attempt) do nothing`,
    );
  }
}

async function takeBack(runner: QueryRunner, row: SilentRow): Promise<keyof SweepReport> {
  const end = `lease_until = null, ended_at = now()`;
  if (row.cancel_requested) {
    await execute(runner, `update job_run set state = 'cancelled', ${end} where id = $1`, [row.id]);
    await cancelParts(runner, row.id, row.now);
    return 'cancelled';
  }
  if (row.attempt >= row.max_attempts) {
    const message = `${row.attempt} of ${row.max_attempts} attempts ended without a result; the worker of the last went silent`;
    await execute(
      runner,
      `update job_run set state = 'failed', error_code = $2, error_message = $3, ${end} where id = $1`,
      [row.id, ATTEMPTS_SPENT, message],
    );
    return 'failed';
  }
  await execute(runner, `update job_run set state = 'queued', lease_until = null where id = $1`, [row.id]);
  await enqueue(runner, row.id, row.attempt + 1);
  return 'requeued';
}
