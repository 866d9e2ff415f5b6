import { notFound } from '@tidemark/kernel';
import { loadAgents, type LoadedAgent } from './agent-loader.js';

/** The agents of this process, read once at start. Also its own injection token. */
export class AgentCatalog {
  private readonly agents: ReadonlyMap<string, LoadedAgent>;

  constructor(agents: readonly LoadedAgent[]) {
    this.agents = new Map(agents.map((loaded) => [loaded.agent.agent, loaded]));
  }

  static load(folder: string): AgentCatalog {
    return new AgentCatalog(loadAgents(folder));
  }

  /** All agents, ordered by name. */
  all(): readonly LoadedAgent[] {
    return [...this.agents.values()];
  }

  /** The agent of this name; AGENT_NOT_FOUND (404) when there is none. */
  byName(name: string): LoadedAgent {
    const loaded = this.agents.get(name);
    if (loaded !== undefined) return loaded;
    const known = [...this.agents.keys()];
    throw notFound(
      'AGENT_NOT_FOUND',
      `There is no agent ${JSON.stringify(name)}; there are: ${known.join(', ') || 'none'}.`,
      { agent: name, known },
    );
  }

  has(name: string): boolean {
    return this.agents.has(name);
  }
}
