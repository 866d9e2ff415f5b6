import {
  alertSchema,
  alertsPageSchema,
  monitoringSummarySchema,
  performancePageSchema,
  severitySchema,
  type Alert,
  type MonitoringSummary,
  type Performance,
} from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import { shortNumber, shortTime } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { id, name } from './arguments.js';
import { by, define, group, noteMore, paged, type PageOptions } from './define.js';

interface ListOptions extends PageOptions {
  readonly agent?: string;
  readonly state?: string;
  readonly severity?: string;
  readonly timeline?: string;
}

interface HandleOptions extends JsonOption {
  readonly note?: string;
}

const TIMELINE = 'timeline; default the live one';
const ALERT_ID = '0190a3c4-0000-7000-8000-000000000000';

export function addMonitoring(program: Command, session: Session): void {
  addAlerts(program, session);
  const ai = program.commands.find((command) => command.name() === 'ai') ?? program;
  define(ai, 'drift', {
    summary: 'drift of every input of an agent, and of its predictions, at the newest bar',
    examples: ['ai drift market_insight'],
  })
    .argument('<agent>', 'agent', name)
    .option('--timeline <timeline>', TIMELINE)
    .action(async (agent: string, { timeline, json }: ListOptions) => {
      const path = route`monitoring/summary/${agent}`;
      session.show(await session.api.get(path, monitoringSummarySchema, { timeline }), { json }, driftTable);
    });
  paged(
    define(ai, 'performance', {
      summary: 'loss against the baseline, calibration and value at risk of what serves, newest bar first',
      examples: ['ai performance risk_assessor --limit 10'],
    })
      .argument('<agent>', 'agent', name)
      .option('--timeline <timeline>', TIMELINE),
  ).action(async (agent: string, { json, limit, cursor, timeline }: ListOptions) => {
    const asked = { agent, limit, cursor, timeline };
    const reply = await session.api.get('monitoring/performance', performancePageSchema, asked);
    session.show(reply, { json }, ({ items }) => performanceTable(agent, items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
}

function addAlerts(program: Command, session: Session): void {
  const alerts = group(program, 'alerts', 'what the monitors raised: drift, performance, errors, warnings');
  paged(
    define(alerts, 'list', {
      summary: 'alerts, newest first',
      examples: ['alerts', 'alerts list --state firing --agent market_insight'],
      isDefault: true,
    })
      .option('--agent <agent>', 'only alerts of this agent', name)
      .option('--state <state>', 'firing, resolved', by(alertSchema.shape.state))
      .option('--severity <severity>', severitySchema.options.join(', '), by(severitySchema))
      .option('--timeline <timeline>', TIMELINE),
  ).action(async ({ json, ...query }: ListOptions) => {
    const { limit, cursor, agent, state, severity, timeline } = query;
    const asked = { limit, cursor, agent, state, severity, timeline };
    const reply = await session.api.get('monitoring/alerts', alertsPageSchema, asked);
    session.show(reply, { json }, ({ items }) => alertTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(alerts, 'ack', {
    summary: 'say that you know; the alert stands until its condition ends',
    examples: [`alerts ack ${ALERT_ID} --note "the exchange was closed"`],
  })
    .argument('<id>', 'alert', id)
    .option('--note <text>', 'kept with the alert')
    .action((alert: string, options: HandleOptions) => handle(session, 'acknowledge', alert, options));
  define(alerts, 'resolve', {
    summary: 'close an alert by hand; it comes back only after its condition has cleared',
    examples: [`alerts resolve ${ALERT_ID}`],
  })
    .argument('<id>', 'alert', id)
    .option('--note <text>', 'kept with the alert')
    .action((alert: string, options: HandleOptions) => handle(session, 'resolve', alert, options));
}

async function handle(
  session: Session,
  what: 'acknowledge' | 'resolve',
  alert: string,
  { note, json }: HandleOptions,
): Promise<void> {
  const reply = await session.api.post(route`monitoring/alerts/${alert}/${what}`, alertSchema, { note });
  session.show(reply, { json }, ({ state, acknowledgedBy }) => [
    `Alert ${alert} is ${state}${acknowledgedBy === undefined ? '' : `, acknowledged by ${acknowledgedBy}`}.`,
  ]);
}

function alertTable(alerts: readonly Alert[]): string[] {
  if (alerts.length === 0) return ['No alerts.'];
  return renderTable(
    [
      { title: 'ID', cell: (alert) => alert.id },
      { title: 'AGENT', cell: (alert) => alert.agent },
      { title: 'KIND', cell: (alert) => alert.kind },
      { title: 'SEVERITY', cell: (alert) => alert.severity },
      { title: 'STATE', cell: (alert) => alert.state },
      { title: 'BAR', cell: (alert) => shortTime(alert.openedAsOf) },
      { title: 'ENDED', cell: (alert) => shortTime(alert.resolvedAsOf ?? alert.resolvedAt) },
      { title: 'ACKNOWLEDGED', cell: (alert) => alert.acknowledgedBy },
      { title: 'MESSAGE', cell: (alert) => alert.message },
    ],
    alerts,
  );
}

function driftTable({ agent, items }: MonitoringSummary): string[] {
  const drift = items.filter(({ monitor, subject }) => /^(features|predictions)$/.test(monitor) && subject !== monitor);
  if (drift.length === 0) return [`The loop of ${agent} has not observed a bar yet.`];
  return renderTable(
    [
      { title: 'MONITOR', cell: (row) => row.monitor },
      { title: 'SUBJECT', cell: (row) => row.subject },
      { title: 'BAR', cell: (row) => shortTime(row.asOf) },
      { title: 'STATISTIC', cell: (row) => row.statistic },
      { title: 'VALUE', cell: (row) => shortNumber(row.value) },
      { title: 'LIMIT', cell: (row) => shortNumber(row.limit) },
      { title: 'STATUS', cell: (row) => row.status },
      { title: 'PHASE', cell: (row) => row.phase },
      { title: 'SPEAKS FROM', cell: (row) => shortTime(row.speaksFrom) },
    ],
    drift,
  );
}

function performanceTable(agent: string, rows: readonly Performance[]): string[] {
  if (rows.length === 0) return [`No label of what the loop of ${agent} predicted has matured yet.`];
  return renderTable(
    [
      { title: 'BAR', cell: (row) => shortTime(row.asOf) },
      { title: 'MONITOR', cell: (row) => row.monitor },
      { title: 'VERSION', cell: (row) => row.version },
      { title: 'BARS', cell: (row) => row.bars },
      { title: 'VALUE', cell: (row) => shortNumber(row.value) },
      { title: 'LIMIT', cell: (row) => shortNumber(row.limit) },
      { title: 'STATUS', cell: (row) => row.status },
    ],
    rows,
  );
}
