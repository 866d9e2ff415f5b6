import { describe, expect, it } from '@jest/globals';
import { readableTail } from './log-tail.js';

const line = (level: string, msg: string): string => JSON.stringify({ level, time: '2020-01-01T00:00:00Z', msg });

describe('readableTail', () => {
  it('shows JSON lines by level and message, others as they are', () => {
    const text = ['cut": 1}', line('info', 'api listens'), 'Segmentation fault', '{"no": "message"}', ''].join('\n');
    expect(readableTail(text)).toBe('cut": 1}\ninfo: api listens\nSegmentation fault\n{"no": "message"}');
  });

  it('shows a fatal end alone, once, with its line breaks', () => {
    const end = line('fatal', 'api did not start:\n  a.yaml:1:1 task: missing');
    expect(readableTail(`${end}\n${end}\n`)).toBe('api did not start:\n  a.yaml:1:1 task: missing');
  });

  it('shows the last fifteen lines', () => {
    const text = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
    expect(readableTail(text).split('\n')).toHaveLength(15);
    expect(readableTail(text)).toContain('line 39');
  });
});
