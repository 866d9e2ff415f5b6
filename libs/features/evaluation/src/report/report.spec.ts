import { describe, expect, it } from '@jest/globals';
import type { Evaluation } from '../evaluation.service.js';
import { evaluationOf } from '../testing/evaluations.js';
import { directionTable, volatilityTable } from '../testing/tables.js';
import { escapeHtml, escapeMarkdown } from './escape.js';
import { indexHtml, reportHtml } from './html.js';
import { reportMarkdown } from './markdown.js';

/** Everything that a user or a model line could name, made hostile. */
const HOSTILE = `<script>alert("x")</script> | \`a\` [b](http://c) 'd' & e`;

function hostile(): Evaluation {
  const evaluation = evaluationOf({
    ...directionTable(),
    verdict: [HOSTILE],
    policy: { name: HOSTILE, hash: HOSTILE },
  });
  const { table } = evaluation;
  return {
    ...evaluation,
    table: {
      ...table,
      rows: table.rows.map((row) => ({ ...row, name: HOSTILE })),
      alarms: { ...table.alarms, refusals: [{ reason: HOSTILE, count: 1 }] },
    },
    returns: evaluation.returns.map((curve) => ({ ...curve, name: HOSTILE })),
    decisions: evaluation.decisions.map((decision) => ({ ...decision, reason: HOSTILE })),
    alarms: evaluation.alarms.map((alarm) => ({ ...alarm, monitor: HOSTILE, message: HOSTILE })),
    drift: evaluation.drift.map((point) => ({ ...point, subject: HOSTILE })),
  };
}

/** Opening and closing tags by name; void elements and self-closed ones are left out. */
function unbalanced(html: string): string[] {
  const counts = new Map<string, number>();
  for (const [, slash, name, selfClosed] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
    if (name === 'meta' || selfClosed === '/') continue;
    counts.set(name!, (counts.get(name!) ?? 0) + (slash === '/' ? -1 : 1));
  }
  return [...counts].filter(([, count]) => count !== 0).map(([name]) => name);
}

describe('the report as a page', () => {
  it.each([directionTable(), volatilityTable()])('needs nothing but itself', (table) => {
    const html = reportHtml(evaluationOf(table));
    expect(html).not.toMatch(/https?:|\/\/[a-z]|<script|<link|<img|<iframe|@import|url\(|\son[a-z]+=|style="/i);
    expect(unbalanced(html)).toEqual([]);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows what others named as text', () => {
    const html = reportHtml(hostile());
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(unbalanced(html)).toEqual([]);
    expect(indexHtml(HOSTILE, [HOSTILE])).not.toContain('<script');
  });

  it('has verdict, header, rows, plots with axes, and decisions', () => {
    const html = reportHtml(evaluationOf());
    for (const words of [
      'What it means.',
      'price index, no dividends, no financing, cost 1 bp a side',
      '6 the policy: default',
      'value of 1 invested at the start, after cost, logarithmic',
      'sum of log loss minus the baseline’s',
      'DRIFT · features',
      'parkinson_20',
      '4 decisions',
      '>2010<',
      '>rollback<',
    ]) {
      expect(html).toContain(words);
    }
    expect(html.match(/<svg/g)).toHaveLength(5);
  });

  it('draws no equity for an agent that takes no position, and nothing where nothing happened', () => {
    const volatility = evaluationOf(volatilityTable());
    expect(reportHtml(volatility)).not.toContain('<h3>Equity');
    const quiet = reportHtml({ ...volatility, decisions: [], alarms: [], drift: [] });
    expect(quiet).toContain('Nothing was decided but to wait.');
    expect(quiet.match(/<svg/g)).toHaveLength(1);
  });

  it('is of a size that a browser opens at once', () => {
    expect(reportHtml(evaluationOf()).length).toBeLessThan(400_000);
  });

  it('lists the reports of a timeline by links that stay on this machine', () => {
    expect(indexHtml('main', ['a', 'b'])).toContain('<a href="main/a">a</a>');
  });
});

describe('the report as Markdown', () => {
  it('has verdict, rows and decisions in tables whose rows have one width', () => {
    const text = reportMarkdown(evaluationOf());
    expect(text).toContain('- What it means.');
    expect(text).toContain('| 6 the policy: default | 67 | 3 | 62 |');
    const tables = text.split('\n\n').filter((part) => part.startsWith('|'));
    expect(tables.length).toBeGreaterThanOrEqual(4);
    for (const part of tables) {
      const widths = part.split('\n').map((row) => row.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it('shows what others named as text', () => {
    const text = reportMarkdown(hostile());
    expect(text).not.toMatch(/(?<!\\)<script/);
    expect(text).not.toMatch(/(?<!\\)\]\(http/);
  });

  it('says when there is nothing to list', () => {
    const evaluation = evaluationOf(volatilityTable());
    const alarms = { ...evaluation.table.alarms, kinds: [], refusals: [] };
    const text = reportMarkdown({ ...evaluation, decisions: [], table: { ...evaluation.table, alarms } });
    expect(text).toContain('Nothing was decided but to wait.');
    expect(text).toContain('Nothing was refused.');
    expect(text).toContain('no position');
  });
});

describe('escaping', () => {
  it('leaves no character that could start something', () => {
    expect(escapeHtml(`<a b="c" d='e'>&`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;');
    expect(escapeMarkdown('a|b\n*c* `d` <e>')).toBe('a\\|b \\*c\\* \\`d\\` \\<e\\>');
  });
});
