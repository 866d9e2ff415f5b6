import type { Decision } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import type { AgentLoop, SlotRun } from '@tidemark/loop/read';

const DAY = 'YYYY-MM-DD'.length;

/** What a replay says of itself: a line for each decision that does something, and how far it is. */
export class ReplayProgress {
  private readonly started = performance.now();
  private readonly before: number;
  private last = '';

  /** `total` bars, of which `done` were seen by earlier attempts. */
  constructor(
    private readonly context: JobContext,
    private readonly total: number,
    private done: number,
  ) {
    this.before = done;
  }

  async batch(loop: AgentLoop, runs: readonly SlotRun[]): Promise<void> {
    for (const { bars, decision, concluded } of runs) {
      this.done += bars;
      if (concluded !== undefined) await this.decision(concluded);
      if (decision !== undefined) await this.decision(decision);
    }
    await this.report(loop);
  }

  async decision({ action, reason, slotAt }: Decision): Promise<void> {
    if (action === 'none') return;
    this.last = `${action}: ${reason}`;
    await this.context.log('info', `${slotAt.slice(0, DAY)} ${this.last}`);
  }

  async report(loop: AgentLoop): Promise<void> {
    const seconds = (performance.now() - this.started) / 1000;
    const rate = seconds > 0 ? Math.round((this.done - this.before) / seconds) : 0;
    const date = loop.lastBar?.toISOString().slice(0, DAY) ?? 'warm-up';
    const parts = [date, `${rate} bars/s`, `${loop.serving} serves`, this.last];
    await this.context.progress(this.done / this.total, parts.filter((part) => part !== '').join(' · '));
  }
}
