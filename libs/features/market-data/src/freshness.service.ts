import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { Calendars } from './calendars.js';
import { freshness, type Freshness } from './freshness.js';
import type { FreshnessReader } from './read/index.js';
import type { SeriesSnapshot } from './series-snapshot.js';

/** Freshness of an agent's series by its own calendar. */
@Injectable()
export class FreshnessService implements FreshnessReader {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly calendars: Calendars,
  ) {}

  at(agent: string, snapshot: SeriesSnapshot, at: Date): Freshness | undefined {
    const { lastEventTime } = snapshot;
    if (lastEventTime === undefined) return undefined;
    const { source } = this.agents.byName(agent).agent;
    return freshness({ ...snapshot, lastEventTime }, source, this.calendars.of(agent), at);
  }
}
