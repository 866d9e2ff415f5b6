import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { Job, StartReplay } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { JobStore } from '@tidemark/jobs';
import { conflict, liveTimeline } from '@tidemark/kernel';
import { TIMELINES, type Timelines } from '@tidemark/registry/read';
import type { DataSource } from 'typeorm';
import { replayJob } from './read/index.js';

/** Replays that a caller asks for: on a timeline of their own, never on the one that serves. */
@Injectable()
export class ReplayService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly agents: AgentCatalog,
    @Inject(TIMELINES) private readonly timelines: Timelines,
    private readonly jobs: JobStore,
  ) {}

  /** @throws AGENT_NOT_FOUND, REPLAY_ON_LIVE, TIMELINE_EXISTS */
  async start(request: StartReplay): Promise<{ timeline: string; jobs: Job[] }> {
    const { agents = this.fileAgents(), timeline = await this.timelines.nextReplayId(), ...rest } = request;
    for (const agent of agents) this.agents.byName(agent);
    if (timeline === liveTimeline()) throw onLive(timeline);
    await this.timelines.create(timeline, 'replay');
    const jobs = await inTransaction(this.dataSource, async (runner) => {
      const created: Job[] = [];
      for (const agent of new Set(agents)) {
        created.push(await this.jobs.create(runner, replayJob({ agent, timeline, purpose: 'replay', ...rest })));
      }
      return created;
    });
    return { timeline, jobs };
  }

  /** Bars that came by the API were not known before they came: such agents are replayed when named. */
  private fileAgents(): string[] {
    return this.agents.all().flatMap(({ agent }) => (agent.source.kind === 'csv' ? [agent.agent] : []));
  }
}

function onLive(timeline: string): Error {
  const message = `${timeline} serves: a replay has a timeline of its own, which \`npx tidemark timelines adopt\` lets serve.`;
  return conflict('REPLAY_ON_LIVE', message, { timeline });
}
