import type { AgentLoop, Timeline } from '@tidemark/contracts';
import { MAIN_TIMELINE, currentTimeline, setLiveTimeline } from '@tidemark/kernel';
import type { LiveTimeline, Timelines } from '@tidemark/registry/read';

/** Timelines in memory: which one serves, and the loops on it. */
export class FakeTimelines implements Timelines {
  timeline = MAIN_TIMELINE;
  loops: AgentLoop[] = [];

  async list(): Promise<Timeline[]> {
    return [];
  }

  async create(): Promise<void> {
    return undefined;
  }

  async nextReplayId(): Promise<string> {
    return 'replay-1';
  }

  async live(): Promise<LiveTimeline> {
    setLiveTimeline(this.timeline);
    return { timeline: this.timeline, loops: this.loops };
  }

  async loop(agent: string, timeline = currentTimeline()): Promise<AgentLoop | undefined> {
    return timeline === this.timeline ? this.loops.find((loop) => loop.agent === agent) : undefined;
  }
}
