export interface RestartLimits {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** How many restarts in a row may fail. */
  readonly attempts: number;
  /** A process that ran this long counts as recovered: its earlier failures are forgotten. */
  readonly steadyMs: number;
}

export const USUAL_RESTARTS: RestartLimits = { firstDelayMs: 500, maxDelayMs: 15_000, attempts: 5, steadyMs: 60_000 };

/** Decides after each unexpected end whether and when a process is started again: exponential back-off, then the end. */
export class RestartPolicy {
  private failures = 0;

  constructor(private readonly limits: RestartLimits = USUAL_RESTARTS) {}

  /** The pause before the next start in milliseconds, or undefined when there should be none. */
  next(ranForMs: number): number | undefined {
    if (ranForMs >= this.limits.steadyMs) this.failures = 0;
    this.failures += 1;
    if (this.failures > this.limits.attempts) return undefined;
    return Math.min(this.limits.maxDelayMs, this.limits.firstDelayMs * 2 ** (this.failures - 1));
  }
}
