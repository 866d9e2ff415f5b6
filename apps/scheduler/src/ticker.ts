import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { PrunePlanner } from '@tidemark/backup/schedule';
import { CLOCK, type Clock } from '@tidemark/kernel';
import { SlotPlanner } from '@tidemark/loop/schedule';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';

const TICK_MS = 1_000;

/** Looks each second whether slots, or the nightly prune, have become due. It only ticks: what was planned the database knows. */
@Injectable()
export class Ticker {
  private isPlanning = false;

  constructor(
    private readonly planner: SlotPlanner,
    private readonly prunes: PrunePlanner,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    if (this.isPlanning) return;
    this.isPlanning = true;
    try {
      const queued = await this.plan();
      this.metrics.lastSuccess.set({ job: 'schedule' }, this.clock.now().getTime() / 1000);
      if (queued > 0) this.logger.info({ slots: queued }, 'slots queued');
    } catch (error) {
      this.logger.warn({ err: error }, 'slots could not be planned; trying again');
    } finally {
      this.isPlanning = false;
    }
  }

  /** Either is planned whatever becomes of the other. */
  private async plan(): Promise<number> {
    const outcomes = await Promise.allSettled([this.planner.planAll(), this.prunes.plan()]);
    let queued = 0;
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason;
      queued += outcome.value;
    }
    return queued;
  }
}
