const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/**
 * An ISO-8601 instant, or a date. A date means the start of that UTC day, or its end (00:00 of the next day): "as of
 * 2020-03-02" includes everything that became known during that day.
 */
export function instantOf(text: string, dateMeans: 'start' | 'end'): Date {
  if (!DATE.test(text)) return new Date(text);
  const start = new Date(`${text}T00:00:00Z`).getTime();
  return new Date(dateMeans === 'end' ? start + DAY_MS : start);
}
