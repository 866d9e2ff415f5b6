import { describe, expect, it } from '@jest/globals';
import { Progress } from './progress.js';

function writer(
  isTTY: boolean,
  columns?: number,
): { isTTY: boolean; columns?: number; text: string; write(text: string): void } {
  return {
    isTTY,
    columns,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

describe('Progress', () => {
  it('prints a plain line per tenth where nobody watches', () => {
    const plain = writer(false);
    const progress = new Progress(plain);
    for (const share of [0, 0.01, 0.05, 0.11, 0.12, 1]) progress.show(share, 'fitting');
    expect(plain.text).toBe('  0 % fitting\n 11 % fitting\n100 % fitting\n');
  });

  it('redraws one line on a terminal, within its width, and clears it', () => {
    const terminal = writer(true, 30);
    const progress = new Progress(terminal);
    progress.show(0.5, 'a message that is too long for this terminal');
    const drawn = terminal.text.replace('\r\u001b[K', '');
    expect(drawn).toHaveLength(29);
    progress.clear();
    expect(terminal.text.endsWith('\r\u001b[K')).toBe(true);
  });
});
