import { Inject, Injectable } from '@nestjs/common';
import type { Adoption, AgentLoop, Deployment, Timeline } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction, notify } from '@tidemark/database';
import { CLOCK, conflict, currentTimeline, notFound, setLiveTimeline, type Clock } from '@tidemark/kernel';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import type { DataSource, QueryRunner } from 'typeorm';
import { DeploymentRepository, toDeployment } from './deployment.repository.js';
import { ModelRepository } from './model.repository.js';
import { ModelVersionRepository } from './model-version.repository.js';
import { PRODUCTION_CHANNEL, type LiveTimeline, type Timelines } from './read/index.js';
import { TimelineRepository } from './timeline.repository.js';

/** Timelines, and the pointer to the one that serves. It is moved by hand only, and nothing is copied. */
@Injectable()
export class TimelineService implements Timelines {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly timelines: TimelineRepository,
    private readonly models: ModelRepository,
    private readonly versions: ModelVersionRepository,
    private readonly deployments: DeploymentRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  list(): Promise<Timeline[]> {
    return this.timelines.all();
  }

  async create(id: string, purpose: Timeline['purpose'], note?: string): Promise<void> {
    await this.timelines.insert(id, purpose, note, this.clock.now());
    const stored = await this.timelines.find(id);
    if (stored?.purpose === purpose) return;
    const message = `There is a timeline ${id} already, and it is a ${stored?.purpose} timeline: take another name.`;
    throw conflict('TIMELINE_EXISTS', message, { timeline: id, purpose: stored?.purpose });
  }

  async nextReplayId(): Promise<string> {
    return `replay-${(await this.timelines.highestReplay()) + 1}`;
  }

  async live(): Promise<LiveTimeline> {
    const live = await this.timelines.live();
    setLiveTimeline(live.timeline);
    return live;
  }

  loop(agent: string, timeline = currentTimeline()): Promise<AgentLoop | undefined> {
    return this.timelines.loop(timeline, agent);
  }

  /**
   * Lets another timeline serve. Adopting the one that serves already changes nothing.
   * @throws TIMELINE_UNKNOWN, TIMELINE_IS_COMPARISON, TIMELINE_NOT_READY, TIMELINE_EMPTY, GATE_NONE_ON_LIVE
   */
  async adopt(id: string, actor: string): Promise<Adoption> {
    return this.move(actor, async (runner, live) => {
      await this.lockModels(runner, id);
      if (id !== live) await this.requireAdoptable(runner, id);
      return id;
    });
  }

  /** Back to the timeline that served before this one; repeating it goes forth again. @throws ADOPT_NOTHING_BEFORE */
  async undo(actor: string): Promise<Adoption> {
    return this.move(actor, async (runner, live) => {
      const before = await this.timelines.pointerBefore(runner, live);
      if (before !== undefined) {
        await this.lockModels(runner, before);
        return before;
      }
      const message = `No other timeline than ${live} has served: there is nothing to go back to.`;
      throw conflict('ADOPT_NOTHING_BEFORE', message);
    });
  }

  private async move(actor: string, choose: (runner: QueryRunner, live: string) => Promise<string>): Promise<Adoption> {
    const adoption = await inTransaction(this.dataSource, async (runner) => {
      await this.timelines.lockPointer(runner);
      const before = await this.timelines.pointer(runner);
      const timeline = await choose(runner, before);
      if (timeline === before) return { timeline, before, deployments: [], unserved: [] };
      await this.timelines.movePointer(runner, timeline, actor, this.clock.now());
      const deployments = await this.deployAll(runner, timeline, before, actor);
      const served = await this.versions.inProduction(before, runner);
      const unserved = served
        .map((row) => row.model)
        .filter((name) => !deployments.some(({ model }) => model === name));
      await notify(runner, PRODUCTION_CHANNEL, JSON.stringify({ timeline }));
      return { timeline, before, deployments, unserved };
    });
    await this.live();
    const { timeline, before, unserved } = adoption;
    this.logger.info({ timeline, before, actor, unserved, deployment: 'adopt' }, 'live timeline chosen');
    return adoption;
  }

  /** The generation a serving process sees rises with the move as with every other change of what it serves. */
  private async deployAll(runner: QueryRunner, timeline: string, before: string, actor: string): Promise<Deployment[]> {
    const deployments: Deployment[] = [];
    await this.lockModels(runner, before);
    for (const { id, model } of await this.versions.inProduction(timeline, runner)) {
      const current = await this.deployments.current({ timeline: before, model }, runner);
      const change = { versionId: id, action: 'adopt' as const, actor, at: this.clock.now() };
      const record = await this.deployments.add(runner, { timeline, model }, change, current?.generation);
      deployments.push(toDeployment(record));
    }
    return deployments;
  }

  /** Nothing is promoted on a timeline while it is looked at. */
  private async lockModels(runner: QueryRunner, timeline: string): Promise<void> {
    for (const model of await this.models.names(runner)) await this.models.lock(runner, { timeline, model });
  }

  private async requireAdoptable(runner: QueryRunner, id: string): Promise<void> {
    const timeline = await this.timelines.find(id, runner);
    if (timeline === undefined) throw timelineUnknown(id);
    if (timeline.purpose === 'comparison') {
      const message = `${id} is a comparison: its versions were promoted without a gate, so it never serves.`;
      throw conflict('TIMELINE_IS_COMPARISON', message, { timeline: id });
    }
    const open = timeline.loops.find(({ state }) => state !== 'ready');
    if (open !== undefined) {
      const how = open.state === 'halted' ? `was halted (${open.halted?.code ?? 'unknown'})` : 'is still running';
      const message = `The replay of ${open.agent} on ${id} ${how}: adopt the timeline when it has ended.`;
      throw conflict('TIMELINE_NOT_READY', message, { timeline: id, agent: open.agent, state: open.state });
    }
    if ((await this.versions.inProduction(id, runner)).length === 0) {
      throw conflict('TIMELINE_EMPTY', `Nothing is in Production on ${id}: nothing would be served.`, { timeline: id });
    }
    const ungated = await this.timelines.ungated(runner, id);
    if (ungated.length === 0) return;
    const message = `On ${id} versions of ${ungated.join(', ')} have served without a gate: it never serves live.`;
    throw conflict('GATE_NONE_ON_LIVE', message, { timeline: id, models: ungated });
  }
}

function timelineUnknown(id: string): Error {
  return notFound('TIMELINE_UNKNOWN', `There is no timeline ${id}. GET /api/v1/timelines lists them.`, {
    timeline: id,
  });
}
