import { barsPageSchema, ingestReportSchema, jobSchema, type BarView, type IngestReport } from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import { readBarsFile } from '../bars/bars-file.js';
import { sendBars } from '../bars/send-bars.js';
import { shortTime } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { INSTANT, instantOrDate, name } from './arguments.js';
import { define, group, noteMore, paged, type PageOptions } from './define.js';
import { followJob, requireSuccess, startedLines } from './follow.js';

interface ListOptions extends PageOptions {
  readonly from?: string;
  readonly to?: string;
  readonly asOf?: string;
}

export function addBars(program: Command, session: Session): void {
  const bars = group(program, 'bars', 'market bars: event time, known-at, restatements');
  paged(
    define(bars, 'list', {
      summary: "a series' bars as known now, or at an instant",
      examples: ['bars list sp500 --from 2020-03-01 --to 2020-03-31', 'bars list sp500 --as-of 2008-09-15 --limit 5'],
    })
      .argument('<series>', 'series', name)
      .option('--from <time>', 'ISO-8601 instant, or a date meaning the start of that UTC day', instantOrDate)
      .option('--to <time>', INSTANT, instantOrDate)
      .option('--as-of <time>', `rows as known then: ${INSTANT}`, instantOrDate),
  ).action(async (series: string, { limit, cursor, from, to, asOf, json }: ListOptions) => {
    const reply = await session.api.get('bars', barsPageSchema, { series, limit, cursor, from, to, asOf });
    session.show(reply, { json }, ({ items }) => barTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(bars, 'add', {
    summary: 'send a CSV file of bars; they count as known from now on, a changed bar as a restatement',
    examples: ['bars add sp500 new-bars.csv'],
  })
    .argument('<series>', 'series', name)
    .argument('<file>', 'CSV with the columns date, open, high, low, close, volume')
    .action(async (series: string, file: string, options: JsonOption) => {
      const reports = await sendBars(session, series, await readBarsFile(file));
      if (options.json === true) session.output.json({ items: reports.map(({ body }) => body) });
      else session.output.lines(reports.flatMap(({ value }) => reportLines(value)));
    });
  define(bars, 'ingest', {
    summary: "read the file that an agent's source names; rows that differ from what is stored are restatements",
    examples: ['bars ingest market_insight'],
  })
    .argument('<agent>', 'agent', name)
    .option('--detach', 'start it and return at once')
    .action(async (agent: string, options: JsonOption & { detach?: boolean }) => {
      const started = await session.api.post(route`agents/${agent}/ingest`, jobSchema);
      if (options.detach === true) return session.show(started, options, startedLines);
      const ended = await followJob(session, started);
      if (ended === undefined) return;
      requireSuccess(ended.value);
      session.show(ended, options, ({ result }) => reportLines(ingestReportSchema.parse(result)));
    });
}

function barTable(bars: readonly BarView[]): string[] {
  if (bars.length === 0) return ['No bars.'];
  return renderTable(
    [
      { title: 'TIME', cell: (bar) => shortTime(bar.eventTime) },
      { title: 'OPEN', cell: (bar) => bar.open },
      { title: 'HIGH', cell: (bar) => bar.high },
      { title: 'LOW', cell: (bar) => bar.low },
      { title: 'CLOSE', cell: (bar) => bar.close },
      { title: 'VOLUME', cell: (bar) => bar.volume },
      { title: 'KNOWN AT', cell: (bar) => shortTime(bar.knownAt) },
    ],
    bars,
  );
}

function reportLines(report: IngestReport): string[] {
  const span = report.from === undefined ? '' : `, ${shortTime(report.from)} to ${shortTime(report.to)}`;
  const counts = `${report.inserted} new, ${report.unchanged} unchanged, ${report.restated} restated`;
  return [
    `${report.series}: ${report.rows} rows${span}: ${counts}`,
    ...report.warnings.map(({ code, message }) => `  ${code}: ${message}`),
  ];
}
