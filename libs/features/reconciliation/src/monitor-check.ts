import { Inject, Injectable } from '@nestjs/common';
import type { Agent, Difference, VersionFacts } from '@tidemark/contracts';
import { FRESHNESS_READER, type FreshnessReader } from '@tidemark/market-data/read';
import {
  MONITOR_REBUILD,
  type MaturedOutcome,
  type MonitorRebuild,
  type ObservedBar,
  type RebuiltFindings,
} from '@tidemark/monitoring/read';
import { VERSION_CATALOG, toVersionFacts, type VersionCatalog } from '@tidemark/registry/read';
import { causeAt, differingCell, type Cell, type Span } from './differences.js';
import type { LogRepository, LoggedFinding, LoggedOutcome, LoggedPrediction } from './log.repository.js';
import { rowAt } from './prediction-check.js';

type Rules = NonNullable<Awaited<ReturnType<LogRepository['rules']>>>;

export interface MonitorQuestion {
  readonly agent: Agent;
  readonly rules: Rules;
  /** What the loop predicted, in order of event time; rebuilt from `first` on. */
  readonly predictions: readonly LoggedPrediction[];
  readonly first: number;
  readonly outcomes: readonly LoggedOutcome[];
  readonly logged: readonly LoggedFinding[];
}

/** Computes the figures of the monitors anew, from the bars and from what was predicted and came true before. */
@Injectable()
export class MonitorCheck {
  constructor(
    @Inject(MONITOR_REBUILD) private readonly monitors: MonitorRebuild,
    @Inject(FRESHNESS_READER) private readonly freshness: FreshnessReader,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
  ) {}

  async differences(span: Span, question: MonitorQuestion): Promise<Difference[]> {
    const { agent, rules, logged } = question;
    const observed = question.predictions.slice(question.first);
    if (observed.length === 0) return [];
    const rebuilt = rules.policy.watch ? await this.rebuild(span, question) : [];
    const byKey = new Map(logged.map((row) => [nameOf(row), row]));
    const found = rebuilt
      .flatMap((findings) => rowsOf(findings))
      .flatMap((row) => {
        const before = byKey.get(nameOf(row));
        byKey.delete(nameOf(row));
        const cause = causeAt(span, row.asOf, 'log changed');
        return differingCell({ table: tableOf(row), key: keyOf(row), cause }, before?.cells ?? {}, row.cells);
      });
    const strangers = [...byKey.values()].map((row): Difference => {
      const cause = causeAt(span, row.asOf, 'log changed');
      return {
        table: tableOf(row),
        key: keyOf(row),
        column: 'value',
        logged: row.cells['value'] ?? null,
        rebuilt: null,
        cause,
      };
    });
    return [...found, ...strangers]
      .sort((a, b) => compare(a.key['as_of']!, b.key['as_of']!))
      .map((row) => ({
        ...row,
        key: { agent: agent.agent, ...row.key },
      }));
  }

  private async rebuild(span: Span, question: MonitorQuestion): Promise<RebuiltFindings[]> {
    const { agent, rules, predictions, first, outcomes } = question;
    const past = predictions.slice(0, first);
    const lastAt = past.at(-1)?.at.getTime() ?? Number.NEGATIVE_INFINITY;
    const waiting = [...outcomes].sort((a, b) => a.knownAt.getTime() - b.knownAt.getTime() || a.revision - b.revision);
    const known = waiting.filter(({ knownAt }) => knownAt.getTime() <= lastAt);
    const rest = new Set(waiting.filter((row) => !known.includes(row)));
    const bars: [ObservedBar, MaturedOutcome[]][] = [];
    for (const row of predictions.slice(first)) {
      const bar = await this.observed(span, agent, row);
      if (bar === undefined) continue;
      const matured = [...rest].filter(({ knownAt, asOf }) => knownAt <= row.at && asOf <= row.asOf!);
      matured.forEach((outcome) => rest.delete(outcome));
      bars.push([bar, matured]);
    }
    if (bars.length === 0) return [];
    const served = past.map((row) => ({ ...row, asOf: row.asOf!, outputs: outputsOf(row) }));
    return this.monitors.rebuild(
      agent,
      rules.monitors,
      { snapshot: bars[0]![0].snapshot, served, outcomes: known },
      bars,
    );
  }

  private async observed({ archive }: Span, agent: Agent, row: LoggedPrediction): Promise<ObservedBar | undefined> {
    const snapshot = archive.asOf(row.at);
    const place = rowAt(snapshot, row.asOf!);
    if (place < 0) return undefined;
    const freshness = this.freshness.at(agent.agent, snapshot, row.at);
    const serving = await this.facts(agent.agent, row.sequence);
    return { snapshot, row: place, asOf: row.asOf!, serving, outputs: outputsOf(row), freshness };
  }

  private async facts(agent: string, sequence: number): Promise<VersionFacts> {
    return toVersionFacts(await this.catalog.version(agent, String(sequence)));
  }
}

export function outputsOf({ outputNames, outputs }: LoggedPrediction): Record<string, number> {
  return Object.fromEntries(outputNames.map((name, index) => [name, outputs[index]!]));
}

/** What a bar had to leave, as the tables would have it. */
function rowsOf({ asOf, drift, performance }: RebuiltFindings): LoggedFinding[] {
  return [
    ...drift.map(({ monitor, subject, statistic, value, limit, status, pairs, referenceEnd }) => ({
      asOf,
      monitor,
      subject,
      cells: {
        statistic,
        value: cell(value),
        limit_value: cell(limit),
        status,
        pairs,
        reference_end: referenceEnd?.getTime() ?? null,
      },
    })),
    ...performance.map(({ monitor, bars, value, limit, status }) => ({
      asOf,
      monitor,
      subject: undefined,
      cells: { bars, value: cell(value), limit_value: cell(limit), status },
    })),
  ];
}

/** JSON knows no −0. */
function cell(value: number | undefined): Cell {
  return value === undefined ? null : value + 0;
}

function tableOf({ subject }: LoggedFinding): string {
  return subject === undefined ? 'model_performance_history' : 'drift_metrics';
}

function keyOf({ asOf, monitor, subject }: LoggedFinding): Record<string, string> {
  return { as_of: asOf.toISOString(), monitor, ...(subject === undefined ? {} : { subject }) };
}

function nameOf(row: LoggedFinding): string {
  return JSON.stringify(keyOf(row));
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
