import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { listedCalendar, weekdayCalendar, type SessionCalendar } from './freshness.js';

/** Calendars of the agents; a calendar file is read once. */
@Injectable()
export class Calendars {
  private readonly known = new Map<string, SessionCalendar | undefined>();

  constructor(private readonly agents: AgentCatalog) {}

  of(name: string): SessionCalendar | undefined {
    if (!this.known.has(name)) this.known.set(name, this.load(name));
    return this.known.get(name);
  }

  private load(name: string): SessionCalendar | undefined {
    const { agent, file } = this.agents.byName(name);
    if (agent.calendar === 'none') return undefined;
    if (agent.calendar === 'weekdays') return weekdayCalendar;
    return listedCalendar(readFileSync(resolve(dirname(file), agent.calendar.slice('file:'.length)), 'utf8'));
  }
}
