import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AgentCatalog, type LoadedAgent } from '@tidemark/config';
import { callerError } from '@tidemark/kernel';
import { listedCalendar, weekdayCalendar, type SessionCalendar } from './freshness.js';

/** Calendars of the agents. Files are read at start, so that a missing or wrong one is told then and not at night. */
@Injectable()
export class Calendars {
  private readonly known: ReadonlyMap<string, SessionCalendar | undefined>;

  constructor(agents: AgentCatalog) {
    this.known = new Map(agents.all().map((loaded) => [loaded.agent.agent, load(loaded)]));
  }

  of(name: string): SessionCalendar | undefined {
    return this.known.get(name);
  }
}

function load({ agent, file }: LoadedAgent): SessionCalendar | undefined {
  if (agent.calendar === 'none') return undefined;
  if (agent.calendar === 'weekdays') return weekdayCalendar;
  const path = resolve(dirname(file), agent.calendar.slice('file:'.length));
  return listedCalendar(read(path, agent.agent), path);
}

function read(path: string, agent: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = `The calendar of ${agent} cannot be read: ${String(error)}. Check \`calendar: file:…\` in its file.`;
    throw callerError('CALENDAR_UNREADABLE', message, { cause: error });
  }
}
