import type { AgentControlsView, Decision, Explanation } from '@tidemark/contracts';
import { shortHash, shortTime } from '../output/format.js';
import { renderFields, renderTable, type Cell } from '../output/table.js';

export function decisionTable(decisions: readonly Decision[], isAll: boolean): string[] {
  if (decisions.length === 0) {
    return [
      isAll ? 'No decisions yet.' : 'Nothing was decided but to leave things as they are: --all shows those nights.',
    ];
  }
  return renderTable(
    [
      { title: 'SLOT', cell: ({ slotAt }) => shortTime(slotAt) },
      { title: 'AGENT', cell: ({ agent }) => agent },
      { title: 'ACTION', cell: ({ action }) => action },
      { title: 'ID', cell: ({ id }) => id },
      { title: 'REASON', cell: ({ reason }) => reason },
    ],
    decisions,
  );
}

/** What was decided, from what, what each rule said, and whether the code that runs now decides the same. */
export function explanationLines({ decision, context, same, contextIntact, derived, problem }: Explanation): string[] {
  const { result } = decision;
  return [
    ...renderFields([
      ['decision', decision.id],
      ['agent', decision.agent],
      ['timeline', decision.timeline],
      ['asked', decision.kind === 'slot' ? 'what to do at a slot' : 'whether a trained candidate may serve'],
      ['slot', shortTime(decision.slotAt)],
      ['newest bar', shortTime(decision.asOf)],
      ['action', [decision.action, result.mode, result.target?.version].filter((part) => part !== undefined).join(' ')],
      ['reason', decision.reason],
      ['latched', result.latch === undefined ? undefined : shortHash(result.latch)],
      ['policy hash', shortHash(decision.policyHash)],
      ['code version', decision.codeVersion],
      ['job', decision.jobId],
    ]),
    ...titled('What was known', renderFields(factsOf(context))),
    ...titled('What the rules said', renderTable(RULES, result.rules)),
    '',
    `Decided again from the stored context: ${same ? 'same' : `differs (${derived?.reason ?? problem ?? 'unknown'})`}.`,
    `The stored context is ${contextIntact ? 'the one that was hashed' : 'NOT the one that was hashed: it has been changed'}.`,
  ];
}

export function controlLines({ agent, timeline, frozen, pinned, latches }: AgentControlsView): string[] {
  const byHand = ({ by, at }: { readonly by: string; readonly at: string }): string =>
    `(${by}, ${shortTime(at) ?? ''})`;
  return renderFields([
    ['agent', agent],
    ['timeline', timeline],
    ['frozen', frozen === undefined ? 'no' : `${frozen.reason} ${byHand(frozen)}`],
    ['pinned', pinned === undefined ? 'no' : `${pinned.version} ${byHand(pinned)}`],
    ['latches', latches.length],
  ]);
}

export function latchTable({ agent, latches }: AgentControlsView): string[] {
  if (latches.length === 0) return [`Nothing of ${agent} is latched.`];
  return renderTable(
    [
      { title: 'ARTIFACT', cell: ({ artifactSha256 }) => shortHash(artifactSha256) },
      { title: 'VERSION', cell: ({ version }) => version },
      { title: 'SINCE', cell: ({ latchedAt }) => shortTime(latchedAt) },
      { title: 'REASON', cell: ({ reason }) => reason },
    ],
    latches,
  );
}

type RuleVerdict = Decision['result']['rules'][number];

const RULES = [
  { title: 'RULE', cell: ({ rule }: RuleVerdict) => rule },
  { title: 'SAYS', cell: ({ verdict }: RuleVerdict) => verdict },
  { title: 'WHY', cell: ({ why }: RuleVerdict) => why },
];

/** Told elsewhere on the page. */
const TOLD = new Set(['schema', 'agent', 'slotAt', 'asOf']);

/** A line a fact; of a version its number and family stand for all of it. */
function factsOf(context: Explanation['context']): [string, Cell][] {
  return Object.entries(context)
    .filter(([name]) => !TOLD.has(name))
    .map(([name, value]) => [name, factText(value)]);
}

function factText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(factText).join('; ');
  if (typeof value !== 'object' || value === null) return String(value);
  const facts = value as Record<string, unknown>;
  if ('artifactSha256' in facts) return `${factText(facts['version'])} (${factText(facts['family'])})`;
  return Object.entries(facts)
    .map(([name, inner]) => `${name} ${typeof inner === 'object' ? `{${factText(inner)}}` : factText(inner)}`)
    .join(', ');
}

function titled(title: string, lines: readonly string[]): string[] {
  return ['', title, ...lines.map((line) => `  ${line}`)];
}
