import { describe, expect, it } from '@jest/globals';
import { type Output, Screen } from './screen.js';

class Recorder implements Output {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 40,
  ) {}
  write(text: string): void {
    this.text += text;
  }
}

describe('Screen on a terminal', () => {
  it('redraws one line that never fills the width, and clears it before a line of text', () => {
    const output = new Recorder(true);
    const screen = new Screen(output);
    screen.progress(0.5, 'walking a long way through the sealed span of bars');
    screen.line('done');
    const [, drawn = '', rest] = output.text.split('\r\u001b[K');
    expect(drawn).toHaveLength(39);
    expect(drawn).toContain('50 %');
    expect(rest).toBe('done\n');
  });

  it('writes nothing for the same progress', () => {
    const output = new Recorder(true);
    const screen = new Screen(output);
    screen.progress(0.1, 'a');
    const before = output.text;
    screen.progress(0.1, 'a');
    expect(output.text).toBe(before);
  });
});

describe('Screen elsewhere', () => {
  it('prints plain lines: one per tenth, and news at most every two seconds', () => {
    const output = new Recorder(false);
    let now = 0;
    const screen = new Screen(output, () => now);
    for (const [at, fraction, message] of [
      [0, 0, 'a'],
      [100, 0.01, 'b'],
      [2_100, 0.02, 'c'],
      [2_200, 0.1, 'c'],
      [2_300, 0.11, 'c'],
    ] as const) {
      now = at;
      screen.progress(fraction, message);
    }
    expect(output.text).toBe('  0 % a\n  2 % c\n 10 % c\n');
    expect(output.text).not.toContain('\u001b');
  });

  it('keeps the fraction within its bounds', () => {
    const output = new Recorder(false);
    new Screen(output, () => 0).progress(1.7, 'over');
    expect(output.text).toBe('100 % over\n');
  });
});
