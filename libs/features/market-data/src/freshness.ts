import type { Agent } from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import { MAX_GAP_DAYS } from './bar.js';
import type { SeriesSnapshot } from './series-snapshot.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface Freshness {
  /** Seconds from the last bar's event time to the instant asked about. */
  readonly dataAgeSeconds: number;
  /** A bar is missing that the calendar expected by then. */
  readonly stale: boolean;
  /** The source has ended and no live bar has come since: its last bar counts as now. */
  readonly historical: boolean;
}

/** Days on which the exchange is open, as far as the agent's calendar says. */
export interface SessionCalendar {
  /** True when the calendar expects a bar dated `day` (00:00 UTC). */
  isSession(day: Date): boolean;
}

/** Monday to Friday; holidays count as sessions, so a holiday shows as stale for one day. */
export const weekdayCalendar: SessionCalendar = {
  isSession: (day) => day.getUTCDay() !== 0 && day.getUTCDay() !== 6,
};

/**
 * The dates listed in a file, one `YYYY-MM-DD` a line, `#` comments. After the last of them weekdays count: a list that
 * nobody extended must not look like an exchange that has closed.
 * @throws CALENDAR_INVALID naming the first line that is not a date
 */
export function listedCalendar(text: string, origin = 'calendar'): SessionCalendar {
  const dates = new Set<string>();
  text.split(/\r?\n/).forEach((line, index) => {
    const entry = line.replace(/#.*/, '').trim();
    if (entry === '') return;
    if (!isDate(entry)) {
      const message = `${origin}: line ${index + 1}: expected a date like 2020-03-02, got "${entry}".`;
      throw callerError('CALENDAR_INVALID', message, { details: { line: index + 1 } });
    }
    dates.add(entry);
  });
  const last = [...dates].sort().at(-1);
  if (last === undefined) throw callerError('CALENDAR_INVALID', `${origin}: expected at least one date, got none.`);
  return {
    isSession: (day) => {
      const date = day.toISOString().slice(0, 10);
      return date > last ? weekdayCalendar.isSession(day) : dates.has(date);
    },
  };
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/**
 * How fresh a series is at `at`. Without a calendar it is stale when a bar within four days of the last would be known
 * by now and none is.
 */
export function freshness(
  snapshot: SeriesSnapshot & { readonly lastEventTime: Date },
  source: Agent['source'],
  calendar: SessionCalendar | undefined,
  at: Date,
): Freshness {
  const age = at.getTime() - snapshot.lastEventTime.getTime();
  const ended = source.ended === undefined ? undefined : new Date(`${source.ended}T00:00:00Z`).getTime();
  const historical = ended !== undefined && snapshot.lastEventTime.getTime() <= ended && at.getTime() > ended;
  const isMissing =
    calendar === undefined
      ? age > MAX_GAP_DAYS * DAY_MS + source.knownAfterHours * HOUR_MS
      : misses(calendar, snapshot.lastEventTime, source, at);
  return { dataAgeSeconds: Math.round(age / 1000), stale: !historical && isMissing, historical };
}

/** True when a session after the last bar was complete, and its bar due, before `at`. */
function misses(calendar: SessionCalendar, last: Date, source: Agent['source'], at: Date): boolean {
  const dueBy = at.getTime() - source.knownAfterHours * HOUR_MS;
  const firstDay = Math.floor(last.getTime() / DAY_MS) * DAY_MS + DAY_MS;
  for (let day = firstDay; day <= dueBy; day += DAY_MS) {
    if (calendar.isSession(new Date(day))) return true;
  }
  return false;
}
