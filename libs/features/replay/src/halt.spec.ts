import { describe, expect, it } from '@jest/globals';
import { replayHalted, replayTooEarly } from './halt.js';

const WHY = {
  code: 'TRAINING_INSUFFICIENT_DATA',
  message: 'returns in the fit slice: 510 needed, 257 given; use a longer history',
};

describe('what a halted replay says', () => {
  it('asks for a later beginning where the baseline cannot be fitted, not for another attempt', () => {
    const { code, message, details } = replayTooEarly('replay-1', WHY);
    expect([code, details]).toEqual(['REPLAY_HALTED', WHY]);
    expect(message).toContain('use a longer history. Trying again changes nothing: replay with a later `from`');
    expect(message).not.toContain('jobs retry');
  });

  it('asks for another attempt where a limit ended the training, each sentence with its end', () => {
    const { message } = replayHalted('1', { code: 'TRAINING_TIMED_OUT', message: 'it took too long' });
    expect(message).toContain(
      'TRAINING_TIMED_OUT: it took too long. When the cause is gone, `npx tidemark jobs retry 1`',
    );
    expect(replayHalted('1', { code: 'X', message: 'Told so.' }).message).toContain('X: Told so. When');
  });
});
