import { Inject, Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import type { AgentControlsView } from '@tidemark/contracts';
import { conflict, currentTimeline, notFound } from '@tidemark/kernel';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import { ControlRepository } from './control.repository.js';

/** What a person tells the policy of an agent to leave alone; it holds from the next decision on. */
@Injectable()
export class ControlsService {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly controls: ControlRepository,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws AGENT_NOT_FOUND, as all of these */
  async view(agent: string, timeline?: string): Promise<AgentControlsView> {
    this.agents.byName(agent);
    return this.controls.view(agent, timeline);
  }

  async freeze(agent: string, reason: string, actor: string): Promise<AgentControlsView> {
    this.agents.byName(agent);
    await this.controls.freeze(agent, reason, actor);
    return this.told(agent, { actor, reason }, 'frozen');
  }

  async unfreeze(agent: string, actor: string): Promise<AgentControlsView> {
    this.agents.byName(agent);
    await this.controls.unfreeze(agent);
    return this.told(agent, { actor }, 'freeze ended');
  }

  /** Marks only: what serves stays until a person promotes another version. @throws VERSION_UNKNOWN */
  async pin(agent: string, ref: string, actor: string): Promise<AgentControlsView> {
    this.agents.byName(agent);
    const { version } = await this.catalog.version(agent, ref);
    await this.controls.pin(agent, version, actor);
    return this.told(agent, { actor, modelVersion: version }, 'pinned');
  }

  async unpin(agent: string, actor: string): Promise<AgentControlsView> {
    this.agents.byName(agent);
    await this.controls.unpin(agent);
    return this.told(agent, { actor }, 'pin ended');
  }

  /** Lets a rolled back artifact, named by its first digits, be promoted again. @throws LATCH_UNKNOWN, LATCH_AMBIGUOUS */
  async release(agent: string, prefix: string, actor: string): Promise<AgentControlsView> {
    this.agents.byName(agent);
    const latches = await this.controls.latches(currentTimeline(), agent);
    const fitting = latches.filter(({ artifactSha256 }) => artifactSha256.startsWith(prefix));
    const [latch] = fitting;
    if (latch === undefined) {
      const message = `${agent} has no latch on an artifact ${prefix}…; GET /api/v1/agents/${agent}/controls lists them.`;
      throw notFound('LATCH_UNKNOWN', message, { agent, prefix });
    }
    if (fitting.length > 1) {
      throw conflict('LATCH_AMBIGUOUS', `${fitting.length} latched artifacts begin with ${prefix}: give more digits.`);
    }
    await this.controls.release(agent, latch.artifactSha256, actor);
    return this.told(agent, { actor, modelVersion: latch.version }, 'latch released');
  }

  private async told(agent: string, facts: Record<string, string>, message: string): Promise<AgentControlsView> {
    this.logger.info({ agent, ...facts }, message);
    return this.controls.view(agent);
  }
}
