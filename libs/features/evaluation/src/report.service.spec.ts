import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReportService } from './report.service.js';
import { evaluationOf } from './testing/evaluations.js';
import { directionTable, volatilityTable } from './testing/tables.js';

describe('ReportService', () => {
  let dataDir: string;
  let reports: ReportService;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tidemark-reports-'));
    reports = new ReportService({ dataDir });
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('writes text, page and index, and says where the page is shown', async () => {
    expect(await reports.write(evaluationOf(directionTable()))).toBe('/reports/main/market_insight');
    await reports.write(evaluationOf(volatilityTable()));
    const files = await readdir(join(dataDir, 'reports/main'));
    expect(files.sort()).toEqual([
      'index.html',
      'market_insight.html',
      'market_insight.md',
      'risk_assessor.html',
      'risk_assessor.md',
    ]);
    expect(await readFile(join(dataDir, 'reports/main/market_insight.md'), 'utf8')).toMatch(/^# market/);
    expect(await reports.html('main', 'market_insight')).toContain('<h1>market_insight</h1>');
    const index = await reports.html('main');
    expect(index).toContain('href="main/market_insight"');
    expect(index).toContain('href="main/risk_assessor"');
  });

  it('writes the index of agents that end at the same time', async () => {
    await Promise.all(
      [evaluationOf(directionTable()), evaluationOf(volatilityTable())].map((each) => reports.write(each)),
    );
    expect(await reports.html('main')).toContain('href="main/market_insight"');
    expect(await reports.html('main')).toContain('href="main/risk_assessor"');
  });

  it.each([
    ['elsewhere', undefined],
    ['main', 'nobody'],
    ['..', 'agent'],
    ['main', '../../secret'],
    ['main/../..', undefined],
    ['main', 'a\0b'],
  ])('knows no report of %j, %j', async (timeline, agent) => {
    await reports.write(evaluationOf());
    await expect(reports.html(timeline, agent)).rejects.toMatchObject({ code: 'REPORT_UNKNOWN' });
  });
});
