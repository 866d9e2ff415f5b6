import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { Job, StartReplay } from '@tidemark/contracts';
import { DATA_SOURCE, execute, inUnitOfWork } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { CLOCK, callerError, conflict, liveTimeline, type Clock } from '@tidemark/kernel';
import { BAR_READER, type BarReader } from '@tidemark/market-data/read';
import { TIMELINES, type Timelines } from '@tidemark/registry/read';
import type { DataSource } from 'typeorm';
import { replayJob } from './read/index.js';
import { replaySpan } from './replay-span.js';
import { isReplaying, replayed, type ReplayKey } from './replayed.js';

/** Replays that a caller asks for: on a timeline of their own, never on the one that serves. */
@Injectable()
export class ReplayService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly agents: AgentCatalog,
    @Inject(TIMELINES) private readonly timelines: Timelines,
    private readonly jobs: JobStore,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Makes the timeline and a job an agent, all or nothing. One caller after the other, so that two who ask at once get two
   * timelines, or one of them is refused.
   * @throws AGENT_NOT_FOUND, REPLAY_EMPTY, REPLAY_TOO_EARLY, REPLAY_ON_LIVE, TIMELINE_EXISTS, TIMELINE_REPLAYED
   */
  async start({ agents, timeline, ...rest }: StartReplay): Promise<{ timeline: string; jobs: Job[] }> {
    const names = this.named(agents);
    const { from, to } = rest;
    if (from !== undefined && to !== undefined && from > to) {
      throw callerError('REPLAY_EMPTY', `There is no bar from ${from} to ${to}.`, { details: { from, to } });
    }
    return inUnitOfWork(this.dataSource, {}, async () => {
      await execute(this.dataSource, `select pg_advisory_xact_lock(hashtextextended('replays', 0))`);
      const id = timeline ?? (await this.timelines.nextReplayId());
      if (id === liveTimeline()) throw onLive(id);
      for (const name of names) await this.assertSpan(name, { from, to });
      await this.timelines.create(id, 'replay');
      const jobs: Job[] = [];
      for (const agent of names) {
        await this.assertFree({ agent, timeline: id });
        jobs.push(await this.jobs.start(replayJob({ agent, timeline: id, purpose: 'replay', ...rest })));
      }
      return { timeline: id, jobs };
    });
  }

  /** Each once. Bars that came by the API were not known before they came: such agents are replayed when named. */
  private named(agents?: readonly string[]): string[] {
    if (agents !== undefined) return [...new Set(agents)].map((name) => this.agents.byName(name).agent.agent);
    const names = this.agents.all().flatMap(({ agent }) => (agent.source.kind === 'csv' ? [agent.agent] : []));
    if (names.length > 0) return names;
    throw callerError('REPLAY_EMPTY', 'No agent has a file of bars: name the agents whose bars came otherwise.');
  }

  /** Whether there is a span to replay is known now: nobody should have to wait for a job that says so. */
  private async assertSpan(name: string, asked: Pick<StartReplay, 'from' | 'to'>): Promise<void> {
    const { agent } = this.agents.byName(name);
    const now = this.clock.now();
    replaySpan({ agent, snapshot: await this.bars.fresh(agent.source.series, now), now, ...asked });
  }

  /** A history that another replay left unfinished may be gone on with; one that is finished, or being made, may not. */
  private async assertFree(key: ReplayKey): Promise<void> {
    const loop = await this.timelines.loop(key.agent, key.timeline);
    if (loop?.state === 'ready' || (await isReplaying(this.jobs, key))) throw replayed(key);
  }
}

function onLive(timeline: string): Error {
  const message = `${timeline} serves: a replay has a timeline of its own, which \`npx tidemark timelines adopt\` lets serve.`;
  return conflict('REPLAY_ON_LIVE', message, { timeline });
}
