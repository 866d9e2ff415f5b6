import type { StudyResult } from '@tidemark/contracts';
import { aligned, wrap } from '../table-text.js';
import { studyFacts, studySections } from './study-sections.js';

/** Rows 7 to 10 for a terminal. */
export function studyText(result: StudyResult): string {
  const facts = studyFacts(result).flatMap(([label, text]) => wrap(`  ${label.padEnd(7)}`, text));
  const sections = studySections(result).flatMap(({ title, head, rows, words }) => [
    '',
    title,
    ...aligned([head, ...rows], '  ').map((line) => `  ${line}`),
    ...words.flatMap((line) => wrap('  - ', line)),
  ]);
  return [result.agent, ...facts, ...sections].join('\n');
}
