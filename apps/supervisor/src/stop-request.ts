import { performance } from 'node:perf_hooks';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C arrives more than once: the terminal signals the whole group, and npm forwards it as well. Signals this
 * close together are one request.
 */
const SAME_REQUEST_MS = 1_000;

/** Turns signals into one request to stop and, for a person who asks again, one to hurry. */
export class StopRequest {
  private readonly controller = new AbortController();
  private firstAt: number | undefined;
  private hurried = false;
  private readonly onSignal = (): void => this.receive();

  constructor(
    private readonly onHurry: () => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get isHurried(): boolean {
    return this.hurried;
  }

  listen(): void {
    for (const name of SIGNALS) process.on(name, this.onSignal);
  }

  unlisten(): void {
    for (const name of SIGNALS) process.off(name, this.onSignal);
  }

  /** Asks to stop from inside, for example because a part cannot be kept running. */
  stop(): void {
    this.firstAt ??= this.nowMs();
    this.controller.abort();
  }

  receive(): void {
    if (this.firstAt === undefined) {
      this.stop();
    } else if (!this.hurried && this.nowMs() - this.firstAt >= SAME_REQUEST_MS) {
      this.hurried = true;
      this.onHurry();
    }
  }
}
