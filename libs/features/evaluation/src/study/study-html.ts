import type { StudyResult } from '@tidemark/contracts';
import { escapeHtml } from '../report/escape.js';
import { page, plainTable } from '../report/html.js';
import { studyFacts, studySections } from './study-sections.js';

/** Rows 7 to 10 as a page that needs nothing but itself. */
export function studyHtml(result: StudyResult): string {
  const sections = studySections(result).flatMap(({ title, question, head, rows, words }, index) => [
    `<h2>${escapeHtml(title)}</h2>`,
    `<p>${escapeHtml(question)}</p>`,
    plainTable(head, rows),
    index === 0 ? placeboFigure(result) : '',
    words.length === 0
      ? ''
      : `<ul class="verdict">${words.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`,
  ]);
  return page(`${result.agent}, ${result.study}`, [
    `<h1>${escapeHtml(result.agent)}</h1>`,
    `<p>Chance, luck of the start, and markets whose truth is known. <a href="../${encodeURIComponent(result.study)}">All reports of this study</a></p>`,
    `<dl>${studyFacts(result)
      .map(([label, text]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd>`)
      .join('')}</dl>`,
    ...sections,
  ]);
}

const WIDTH = 960;
const [LEFT, RIGHT] = [170, 40];
const ROW = 44;

/** Where the policy and the baseline lie beside the middle 90 % of the random calendars. */
function placeboFigure({ placebo: { rows, policyLoss, baselineLoss } }: StudyResult): string {
  const drawn = rows.filter(({ refits }) => refits > 0);
  const values = [policyLoss, baselineLoss, ...drawn.flatMap(({ low, high }) => [low, high])];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (drawn.length === 0 || most <= least) return '';
  const x = (value: number): string => (LEFT + ((value - least) / (most - least)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const bottom = 24 + drawn.length * ROW;
  const across = (value: number, style: string, name: string): string =>
    `<line class="line ${style}" x1="${x(value)}" x2="${x(value)}" y1="16" y2="${bottom}"/><text class="tick mid" x="${x(value)}" y="${bottom + 16}">${name} ${value.toFixed(4)}</text>`;
  const bands = drawn.map(({ of, low, high, median }, index) => {
    const y = 24 + index * ROW;
    return `<text class="name" x="0" y="${y + 20}">as many as ${of}</text><rect class="action-retrain" x="${x(low)}" y="${y + 4}" width="${Number(x(high)) - Number(x(low))}" height="24"/><line class="line once" x1="${x(median)}" x2="${x(median)}" y1="${y}" y2="${y + 32}"/>`;
  });
  const lines = [across(policyLoss, 'policy', 'policy'), across(baselineLoss, 'baseline', 'baseline')];
  return `<figure><svg viewBox="0 0 ${WIDTH} ${bottom + 24}" role="img"><title>Loss of random calendars</title>${[...bands, ...lines].join('')}</svg><figcaption>Loss; lower, to the left, is better. Boxes: the middle 90 % of the random calendars, with their median.</figcaption></figure>`;
}
