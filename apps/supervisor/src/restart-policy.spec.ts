import { describe, expect, it } from '@jest/globals';
import { RestartPolicy } from './restart-policy.js';
import { StopRequest } from './stop-request.js';

describe('RestartPolicy', () => {
  const limits = { firstDelayMs: 100, maxDelayMs: 350, attempts: 4, steadyMs: 1_000 };

  it('doubles the pause up to its maximum and then gives up', () => {
    const policy = new RestartPolicy(limits);
    expect([1, 2, 3, 4, 5].map(() => policy.next(10))).toEqual([100, 200, 350, 350, undefined]);
  });

  it('forgets failures before a steady run', () => {
    const policy = new RestartPolicy(limits);
    for (let i = 0; i < 4; i += 1) policy.next(10);
    expect(policy.next(1_000)).toBe(100);
    expect(policy.next(999)).toBe(200);
  });
});

describe('StopRequest', () => {
  it('takes signals close together as one request and a later one as haste, once', () => {
    let now = 0;
    let hurries = 0;
    const request = new StopRequest(
      () => (hurries += 1),
      () => now,
    );
    request.receive();
    now = 900;
    request.receive();
    expect([request.signal.aborted, request.isHurried]).toEqual([true, false]);
    for (now of [1_000, 3_000]) request.receive();
    expect([request.isHurried, hurries]).toEqual([true, 1]);
  });

  it('hurries at the first Ctrl-C when it had to stop by itself before', () => {
    let now = 0;
    const request = new StopRequest(
      () => undefined,
      () => now,
    );
    request.stop();
    now = 5_000;
    request.receive();
    expect(request.isHurried).toBe(true);
  });
});
