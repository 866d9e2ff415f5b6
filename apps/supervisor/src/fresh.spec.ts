import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { confirmErase } from './fresh.js';

function terminalThatAnswers(answer: string): { input: PassThrough; output: PassThrough } {
  const input = new PassThrough();
  input.end(`${answer}\n`);
  return { input, output: new PassThrough() };
}

describe('confirmErase', () => {
  it('needs --yes where nobody can be asked', async () => {
    await expect(confirmErase('/data', false, undefined)).rejects.toMatchObject({ code: 'FRESH_NOT_CONFIRMED' });
    await confirmErase('/data', true, undefined);
  });

  it('goes on only at a plain yes', async () => {
    await confirmErase('/data', false, terminalThatAnswers('yes'));
    const silent = { input: new PassThrough().end(), output: new PassThrough() };
    await expect(confirmErase('/data', false, silent)).rejects.toMatchObject({ code: 'FRESH_NOT_CONFIRMED' });
    for (const answer of ['', 'y', 'no']) {
      await expect(confirmErase('/data', false, terminalThatAnswers(answer))).rejects.toMatchObject({
        code: 'FRESH_NOT_CONFIRMED',
      });
    }
  });
});
