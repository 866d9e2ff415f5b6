/** How many log lines are shown. */
const SHOWN_LINES = 15;

/**
 * The last lines of a log, for a person who has to find out why a process ended. A JSON line is shown by its level and
 * message; if the log ends with a fatal one, that says it all.
 */
export function readableTail(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-SHOWN_LINES).map(readable);
  const last = lines.at(-1);
  return last?.startsWith(FATAL) === true ? last.slice(FATAL.length) : lines.join('\n');
}

const FATAL = 'fatal: ';

function readable(line: string): string {
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return typeof level === 'string' && typeof msg === 'string' ? `${level}: ${msg}` : line;
  } catch {
    // A line that is no JSON, or the rest of one that was cut, speaks for itself.
    return line;
  }
}
