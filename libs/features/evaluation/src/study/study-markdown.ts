import type { StudyResult } from '@tidemark/contracts';
import { escapeMarkdown } from '../report/escape.js';
import { grid, list } from '../report/markdown.js';
import { studyFacts, studySections } from './study-sections.js';

/** Rows 7 to 10 as text for a repository or a mail. */
export function studyMarkdown(result: StudyResult): string {
  const sections = studySections(result).flatMap(({ title, question, head, rows, words }) => [
    `## ${escapeMarkdown(title)}`,
    escapeMarkdown(question),
    grid(head, rows),
    ...(words.length === 0 ? [] : [list(words.map(escapeMarkdown))]),
  ]);
  return [
    `# ${escapeMarkdown(result.agent)}: chance, luck of the start, and markets whose truth is known`,
    list(studyFacts(result).map(([label, text]) => `**${label}**: ${escapeMarkdown(text)}`)),
    ...sections,
    '',
  ].join('\n\n');
}
