import type { Health } from '@tidemark/contracts';
import { toTidemarkError } from '@tidemark/kernel';

export type HealthPart = Health['parts'][string];
export type HealthStatus = Health['status'];

/** Returns the state of one part of the process. A throw or an answer later than the time limit counts as `down`. */
export type HealthCheck = () => HealthPart | Promise<HealthPart>;

export interface HealthOptions {
  /** False: the part being down leaves the process `degraded`, because it can go on without it. Default true. */
  readonly required?: boolean;
}

const SEVERITY: Record<HealthStatus, number> = { ok: 0, degraded: 1, down: 2 };
const CHECK_TIMEOUT_MS = 2_000;

/** Collects the parts of a process that can be healthy or not; each registers itself under its own name. */
export class HealthRegistry {
  private readonly checks = new Map<string, { check: HealthCheck; required: boolean }>();

  constructor(private readonly timeoutMs: number = CHECK_TIMEOUT_MS) {}

  register(name: string, check: HealthCheck, options: HealthOptions = {}): void {
    this.checks.set(name, { check, required: options.required ?? true });
  }

  /** Runs all checks at once; the process is as bad as its worst required part. */
  async report(): Promise<Health> {
    const entries = [...this.checks].sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = await Promise.all(entries.map(([, { check }]) => this.run(check)));
    const status = entries.reduce<HealthStatus>((worst, [, { required }], index) => {
      const own = parts[index]?.status ?? 'down';
      const counted = own === 'down' && !required ? 'degraded' : own;
      return SEVERITY[counted] > SEVERITY[worst] ? counted : worst;
    }, 'ok');
    return { status, parts: Object.fromEntries(entries.map(([name], index) => [name, parts[index]!])) };
  }

  private async run(check: HealthCheck): Promise<HealthPart> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<HealthPart>((resolve) => {
      timer = setTimeout(
        () => resolve({ status: 'down', message: `no answer within ${this.timeoutMs} ms` }),
        this.timeoutMs,
      );
    });
    try {
      return await Promise.race([Promise.resolve().then(check), late]);
    } catch (error) {
      const { code, message } = toTidemarkError(error);
      return { status: 'down', message, details: { code } };
    } finally {
      clearTimeout(timer);
    }
  }
}
