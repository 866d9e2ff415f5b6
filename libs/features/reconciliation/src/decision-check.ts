import {
  candidateContextSchema,
  slotContextSchema,
  type AlarmFacts,
  type Deployment,
  type Difference,
  type DifferenceCause,
  type VersionFacts,
} from '@tidemark/contracts';
import type { AuditedDecision } from '@tidemark/policy/read';
import type { Cell } from './differences.js';
import type { LoggedFinding, LoggedPrediction } from './log.repository.js';

/** What was so when decisions were made, by everything but their contexts. */
export interface DecisionEvidence {
  readonly predictions: readonly LoggedPrediction[];
  readonly findings: readonly LoggedFinding[];
  readonly deployments: readonly Deployment[];
  /** Instants at which the ledger says that the policy was asked. */
  readonly slots: ReadonlySet<number>;
  /** Artifact of each registered version. */
  readonly artifacts: ReadonlyMap<string, string>;
}

const HOUR_MS = 3_600_000;
/** A live slot may run so much later than it was due, and see what a person has promoted meanwhile. */
const LATE_MS = 6 * HOUR_MS;

/** What is wrong with a decision: its derivation, its time, and what its context says against what was so. */
export function decisionDifferences(audited: AuditedDecision, evidence: DecisionEvidence): Difference[] {
  const { decision, problems, context } = audited;
  const { kind, slotAt, id } = decision;
  const found = (
    column: string,
    logged: Cell,
    rebuilt: Cell,
    cause: DifferenceCause = 'context tampered',
  ): Difference[] =>
    Object.is(logged, rebuilt)
      ? []
      : [{ table: 'decisions', key: { kind, slot_at: slotAt, id }, column, logged, rebuilt, cause }];
  const clock = clockFault(audited, evidence);
  if (clock !== undefined) return found(clock.column, clock.logged, clock.rebuilt, 'clock');
  const facts = kind === 'slot' ? slotFacts(context, evidence) : candidateFacts(context, evidence);
  const differing = facts.flatMap(({ column, logged, rebuilt }) => found(`context.${column}`, logged, rebuilt));
  if (differing.length > 0) return differing;
  return problems.length === 0 ? [] : found('context', problems.join('; '), 'as hashed and derived');
}

interface Fact {
  readonly column: string;
  readonly logged: Cell;
  readonly rebuilt: Cell;
}

function clockFault({ decision, at }: AuditedDecision, { slots, predictions }: DecisionEvidence): Fact | undefined {
  const slotAt = new Date(decision.slotAt);
  const stored = at.toISOString();
  if (decision.kind === 'slot' && !slots.has(slotAt.getTime())) {
    return { column: 'slot_at', logged: decision.slotAt, rebuilt: null };
  }
  const isEarly = decision.kind === 'slot' ? at.getTime() !== slotAt.getTime() : at < slotAt;
  if (isEarly) return { column: 'at', logged: stored, rebuilt: decision.slotAt };
  const bar = predictions.find(({ asOf }) => asOf!.getTime() === new Date(decision.asOf).getTime());
  if (bar === undefined) return { column: 'as_of', logged: decision.asOf, rebuilt: null };
  return bar.at > at ? { column: 'at', logged: stored, rebuilt: `not before ${bar.at.toISOString()}` } : undefined;
}

function slotFacts(stored: unknown, evidence: DecisionEvidence): Fact[] {
  const parsed = slotContextSchema.safeParse(stored);
  if (!parsed.success) return [];
  const { serving, baseline, bars, alarms, asOf, slotAt } = parsed.data;
  const observed = evidence.predictions.filter((row) => row.asOf!.getTime() <= new Date(asOf).getTime()).length;
  return [
    ...servingFacts(serving, new Date(slotAt), evidence),
    { column: 'baseline.artifactSha256', logged: baseline.artifactSha256, rebuilt: artifactOf(baseline, evidence) },
    { column: 'bars.sinceStart', logged: bars.sinceStart, rebuilt: observed },
    ...alarms.flatMap((alarm) => alarmFacts(alarm, new Date(asOf), evidence)),
  ];
}

function candidateFacts(stored: unknown, evidence: DecisionEvidence): Fact[] {
  const parsed = candidateContextSchema.safeParse(stored);
  if (!parsed.success) return [];
  const { serving, candidate, slotAt } = parsed.data;
  const known =
    candidate === undefined
      ? []
      : [
          {
            column: 'candidate.artifactSha256',
            logged: candidate.artifactSha256,
            rebuilt: artifactOf(candidate, evidence),
          },
        ];
  return [...servingFacts(serving, new Date(slotAt), evidence), ...known];
}

/** The version must be one that was in Production at the slot, and have its registered artifact. */
function servingFacts(serving: VersionFacts, slotAt: Date, evidence: DecisionEvidence): Fact[] {
  const { deployments } = evidence;
  const before = deployments.findLast(({ at }) => new Date(at) < slotAt) ?? deployments[0];
  const during = deployments.filter(({ at }) => {
    const late = new Date(at).getTime() - slotAt.getTime();
    return late >= 0 && late <= LATE_MS;
  });
  const possible = [before, ...during].flatMap((deployment) => (deployment ? [deployment.version] : []));
  const rebuilt = possible.includes(serving.version) ? serving.version : (possible[0] ?? null);
  return [
    { column: 'serving.version', logged: serving.version, rebuilt },
    { column: 'serving.artifactSha256', logged: serving.artifactSha256, rebuilt: artifactOf(serving, evidence) },
  ];
}

/** Value and limit of a monitor that spoke at the newest bar. */
function alarmFacts(
  { monitor, subject, value, limit }: AlarmFacts,
  asOf: Date,
  { findings }: DecisionEvidence,
): Fact[] {
  const row = findings.find(
    (finding) =>
      finding.asOf.getTime() === asOf.getTime() &&
      finding.monitor === monitor &&
      (finding.subject === undefined || finding.subject === subject),
  );
  if (row === undefined) return [];
  const column = `alarms.${monitor}.${subject}`;
  return [
    { column: `${column}.value`, logged: value ?? null, rebuilt: row.cells['value'] ?? null },
    { column: `${column}.limit`, logged: limit ?? null, rebuilt: row.cells['limit_value'] ?? null },
  ];
}

function artifactOf({ version }: VersionFacts, { artifacts }: DecisionEvidence): string | null {
  return artifacts.get(version) ?? null;
}
