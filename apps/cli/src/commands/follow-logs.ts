import { jobLogsPageSchema, jobSchema, type JobLogLine } from '@tidemark/contracts';
import { route } from '../api/api-client.js';
import type { JsonOption, Session } from '../session.js';
import { follow, isEnded, requireSuccess } from './follow.js';

const PAGE = 500;

/** Prints a job's log as it grows and throws what the job failed with, if it did. */
export async function followLogs(
  session: Session,
  id: string,
  options: JsonOption,
  lineOf: (line: JobLogLine) => string,
): Promise<void> {
  const log = new GrowingLog(session, id);
  const print = async (): Promise<void> => {
    for (const line of await log.news()) {
      if (options.json === true) session.output.jsonLine(line);
      else session.output.lines([lineOf(line)]);
    }
  };
  const read = () => session.api.get(route`jobs/${id}`, jobSchema);
  // The state is read before the lines: what a job wrote before it ended is printed when its end is seen.
  const ended = await follow(session, {
    first: await read(),
    read,
    isDone: isEnded,
    onState: print,
    onDetach: [`The job goes on. Stop it with \`npx tidemark jobs cancel ${id}\`.`],
  });
  if (ended !== undefined) requireSuccess(ended.value);
}

/** Reads a log page by page and keeps the cursor of the page that is still growing. */
class GrowingLog {
  private cursor: string | undefined;
  private lastLine = 0;

  constructor(
    private readonly session: Session,
    private readonly id: string,
  ) {}

  /** The lines since the last call that succeeded. */
  async news(): Promise<JobLogLine[]> {
    const news: JobLogLine[] = [];
    let { cursor } = this;
    for (;;) {
      const query = { limit: PAGE, cursor };
      const { value } = await this.session.api.get(route`jobs/${this.id}/logs`, jobLogsPageSchema, query);
      news.push(...value.items.filter(({ line }) => line > this.lastLine));
      if (value.nextCursor === undefined) break;
      cursor = value.nextCursor;
    }
    this.cursor = cursor;
    this.lastLine = news.at(-1)?.line ?? this.lastLine;
    return news;
  }
}
