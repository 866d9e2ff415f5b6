import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.js';
import { MAIN_TIMELINE } from './timeline.js';

/** Where and when code runs: the one difference between live and a replay. */
export interface World {
  readonly timeline: string;
  readonly clock: Clock;
  /** It steps through the past: nobody is to be told of what happens in it. Worlds inside it are replays too. */
  readonly isReplay?: boolean;
}

const worlds = new AsyncLocalStorage<World>();

let live = MAIN_TIMELINE;

/**
 * Runs `work`, and all it awaits, in a world of its own: {@link WorldClock} tells its time and {@link currentTimeline}
 * its timeline, so that live and replayed steps go through the same services.
 */
export function inWorld<T>(world: World, work: () => T): T {
  const { isReplay = worlds.getStore()?.isReplay ?? false } = world;
  return worlds.run({ ...world, isReplay }, work);
}

/** The world this code runs in; undefined in live code. */
export function currentWorld(): World | undefined {
  return worlds.getStore();
}

/** The timeline this code belongs to: its world's, else the live one. */
export function currentTimeline(): string {
  return worlds.getStore()?.timeline ?? live;
}

/** The timeline that serves, as far as this process knows. */
export function liveTimeline(): string {
  return live;
}

/** Told by whoever watches the live pointer. */
export function setLiveTimeline(timeline: string): void {
  live = timeline;
}

/** The clock of the current world; outside of any, the given one. */
export class WorldClock implements Clock {
  constructor(readonly base: Clock) {}

  now(): Date {
    return (worlds.getStore()?.clock ?? this.base).now();
  }
}

/** The clock outside of any world: for what belongs to this machine (jobs, leases, logs) and not to a history. */
export function outerClock(clock: Clock): Clock {
  return clock instanceof WorldClock ? clock.base : clock;
}
