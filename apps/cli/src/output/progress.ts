import type { Writer } from '../io.js';

const CLEAR_LINE = '\r\u001b[K';
const BAR_CELLS = 24;
/** Also for terminals that report a width of 0. */
const USUAL_COLUMNS = 80;
const PLAIN_STEPS = 10;

/** One live line on a terminal; elsewhere one plain line per tenth of the way. */
export class Progress {
  private live = '';
  private plainStep = -1;

  constructor(private readonly writer: Writer) {}

  show(fraction: number, message: string): void {
    const share = Math.min(1, Math.max(0, fraction));
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    if (this.writer.isTTY !== true) return this.showPlain(share, `${percent} ${message}`);
    const bar = '='.repeat(Math.round(share * BAR_CELLS)).padEnd(BAR_CELLS);
    // One column stays free: a full line would wrap, and the next redraw would leave a copy behind.
    const text = `[${bar}] ${percent} ${message}`.slice(0, (this.writer.columns || USUAL_COLUMNS) - 1);
    if (text === this.live) return;
    this.live = text;
    this.writer.write(`${CLEAR_LINE}${text}`);
  }

  /** Ends the live line, if there is one, and starts counting anew. */
  clear(): void {
    if (this.live !== '') this.writer.write(CLEAR_LINE);
    this.live = '';
    this.plainStep = -1;
  }

  private showPlain(share: number, line: string): void {
    const step = Math.floor(share * PLAIN_STEPS);
    if (step === this.plainStep) return;
    this.plainStep = step;
    this.writer.write(`${line}\n`);
  }
}
