/** Where lines go: the terminal, a pipe, or a test. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const CLEAR_LINE = '\r\u001b[K';
const BAR_CELLS = 24;
/** Also for terminals that report a width of 0. */
const USUAL_COLUMNS = 80;
const PLAIN_PAUSE_MS = 2_000;
const PLAIN_STEPS = 10;

/**
 * Prints lines, and below them one live progress line on a terminal. Elsewhere progress becomes plain lines: one per
 * tenth of the way, and one for a new message at most every two seconds, so that a log stays readable.
 */
export class Screen {
  private live = '';
  private plain = { message: '', step: -1, at: Number.NEGATIVE_INFINITY };

  constructor(
    private readonly output: Output,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  line(text: string): void {
    this.clear();
    this.output.write(`${text}\n`);
  }

  progress(fraction: number, message: string): void {
    if (this.output.isTTY === true) this.redraw(fraction, message);
    else this.printPlain(fraction, message);
  }

  /** Ends the live line, if there is one. */
  clear(): void {
    if (this.live !== '') this.output.write(CLEAR_LINE);
    this.live = '';
  }

  private redraw(fraction: number, message: string): void {
    const filled = Math.round(clamp(fraction) * BAR_CELLS);
    const bar = '='.repeat(filled) + ' '.repeat(BAR_CELLS - filled);
    // One column stays free: a full line would wrap, and the next redraw would leave a copy behind.
    const text = `[${bar}] ${percent(fraction)} ${message}`.slice(0, (this.output.columns || USUAL_COLUMNS) - 1);
    if (text === this.live) return;
    this.live = text;
    this.output.write(`${CLEAR_LINE}${text}`);
  }

  private printPlain(fraction: number, message: string): void {
    const step = Math.floor(clamp(fraction) * PLAIN_STEPS);
    const now = this.nowMs();
    const isNews = message !== this.plain.message && now - this.plain.at >= PLAIN_PAUSE_MS;
    if (step === this.plain.step && !isNews) return;
    this.plain = { message, step, at: now };
    this.output.write(`${percent(fraction)} ${message}\n`);
  }
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}

function percent(fraction: number): string {
  return `${Math.floor(clamp(fraction) * 100)} %`.padStart(5);
}
