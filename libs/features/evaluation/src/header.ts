import type { ResultTable } from '@tidemark/contracts';

/** What a reader must know before the first figure, as label and text. */
export function headerFacts(table: ResultTable): readonly (readonly [label: string, text: string])[] {
  const { span, policy } = table;
  return [
    ['span', `${day(span.from)} to ${day(span.to)}, ${span.bars} bars, timeline ${table.timeline}`],
    ['data', `${table.dataHash.slice(0, 16)}, ${table.returns}`],
    ['fill', table.fillRule],
    ['loss', table.loss === 'log_loss' ? 'log loss of the probability' : 'QLIKE: ln h + r²/h'],
    ['policy', `${policy.name}, ${policy.hash.slice(0, 16)}`],
    ['tried', `${table.configurationsTried} configurations scored, over all rows`],
    ['sealed', sealedWords(table)],
    ...monitorFacts(table),
  ];
}

function sealedWords({ opening, sealedFrom }: ResultTable): string {
  return opening === undefined
    ? `the span ends before ${sealedFrom}: nothing of the sealed bars was looked at`
    : `bars from ${sealedFrom} on, opened for the ${ordinal(opening)} time`;
}

/** Silence before a monitor could speak is no good news. */
function monitorFacts({ monitors }: ResultTable): (readonly [string, string])[] {
  if (monitors.length === 0) return [];
  const words = monitors.map(({ monitor, subjects, silent, from, allFrom }) => {
    if (from === undefined) return `${monitor} never`;
    if (subjects === 1 || allFrom === from) return `${monitor} from ${day(from)}`;
    if (allFrom !== undefined) return `${monitor} from ${day(from)}, all ${subjects} from ${day(allFrom)}`;
    return `${monitor} from ${day(from)}, ${silent} of ${subjects} never`;
  });
  return [['alarms', `possible for ${words.join('; ')}`]];
}

export function day(instant: string | Date): string {
  return (typeof instant === 'string' ? instant : instant.toISOString()).slice(0, 10);
}

export function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}
