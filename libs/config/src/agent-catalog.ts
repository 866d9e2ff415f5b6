import { notFound } from '@tidemark/kernel';
import { loadAgents, type LoadedAgent } from './agent-loader.js';

/** Between an agent's name and the simulated series that takes the place of its own, whose name begins like this. */
const ELSEWHERE = '__sim_';

/** Name under which an agent learns from a simulated series instead of its own; every process understands it. */
export function onSimulated(agent: string, series: string): string {
  return `${agent}__${series}`;
}

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

  /** The agent of this name, or its double on a simulated series; AGENT_NOT_FOUND (404) when there is none. */
  byName(name: string): LoadedAgent {
    const loaded = this.agents.get(name) ?? this.double(name);
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

  /** The same in everything but its bars: what a study replays through simulated markets. Never listed, never served. */
  private double(name: string): LoadedAgent | undefined {
    const at = name.indexOf(ELSEWHERE);
    const original = at < 0 ? undefined : this.agents.get(name.slice(0, at));
    if (original === undefined) return undefined;
    const { agent } = original;
    const { columns, knownAfterHours } = agent.source;
    const source = { series: name.slice(at + 2), kind: 'api', columns, knownAfterHours } as const;
    return { ...original, agent: { ...agent, agent: name, source, calendar: 'none', replay: {} } };
  }
}
