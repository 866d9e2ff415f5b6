import { callerError } from './errors.js';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
/** A caller's clock may run ahead of ours by this much. */
const CLOCK_SKEW_MS = 60_000;

/**
 * An ISO-8601 instant, or a date. A date means the start of that UTC day, or its end (00:00 of the next day): "as of
 * 2020-03-02" includes everything that became known during that day.
 */
export function instantOf(text: string, dateMeans: 'start' | 'end'): Date {
  if (!DATE.test(text)) return new Date(text);
  const start = new Date(`${text}T00:00:00Z`).getTime();
  return new Date(dateMeans === 'end' ? start + DAY_MS : start);
}

/**
 * "As of" an instant or a date that has begun: never later than now, since nobody knows what will be known then.
 * @throws AS_OF_IN_FUTURE
 */
export function asOfInstant(text: string, now: Date): Date {
  if (instantOf(text, 'start').getTime() > now.getTime() + CLOCK_SKEW_MS) {
    const message = `as of ${text} lies in the future (now: ${now.toISOString()}). Leave it out for "as known now".`;
    throw callerError('AS_OF_IN_FUTURE', message, { details: { asOf: text } });
  }
  return new Date(Math.min(instantOf(text, 'end').getTime(), now.getTime()));
}
