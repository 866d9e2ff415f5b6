import { afterEach, describe, expect, it } from '@jest/globals';
import { SteppedClock } from './clock.js';
import {
  WorldClock,
  currentTimeline,
  currentWorld,
  inWorld,
  liveTimeline,
  outerClock,
  setLiveTimeline,
} from './world.js';

const LIVE = new Date('2026-01-01T00:00:00Z');
const PAST = new Date('2008-09-15T02:00:00Z');

describe('a world', () => {
  const clock = new WorldClock(new SteppedClock(LIVE));
  const replay = { timeline: 'replay-1', clock: new SteppedClock(PAST) };
  afterEach(() => setLiveTimeline('main'));

  it('tells its own time and timeline to everything that runs in it, across awaits', async () => {
    const seen = await inWorld(replay, async () => {
      await Promise.resolve();
      return [clock.now(), currentTimeline(), currentWorld()] as const;
    });
    expect(seen).toEqual([PAST, 'replay-1', { ...replay, isReplay: false }]);
  });

  it('ends with the work it was made for', async () => {
    const inside = inWorld(replay, async () => currentTimeline());
    expect([clock.now(), currentTimeline(), currentWorld()]).toEqual([LIVE, 'main', undefined]);
    expect(await inside).toBe('replay-1');
  });

  it('keeps worlds that run side by side apart', async () => {
    const other = { timeline: 'replay-2', clock: new SteppedClock(LIVE) };
    const names = [replay, other].map((world) =>
      inWorld(world, async () => (await Promise.resolve(), currentTimeline())),
    );
    expect(await Promise.all(names)).toEqual(['replay-1', 'replay-2']);
  });

  it('is a replay when the one around it is', () => {
    const inner = (): boolean | undefined => inWorld(replay, () => currentWorld()?.isReplay);
    expect([inner(), inWorld({ ...replay, isReplay: true }, inner)]).toEqual([false, true]);
  });

  it('follows the live pointer outside of any', () => {
    setLiveTimeline('replay-7');
    expect([currentTimeline(), liveTimeline()]).toEqual(['replay-7', 'replay-7']);
    expect(inWorld(replay, () => [currentTimeline(), liveTimeline()])).toEqual(['replay-1', 'replay-7']);
  });

  it('leaves the machine its own clock', () => {
    expect(inWorld(replay, () => outerClock(clock).now())).toEqual(LIVE);
  });
});
