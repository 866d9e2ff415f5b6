import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReportService } from '@tidemark/evaluation';
import { startTestApi, type TestApi } from './testing/test-api.js';

const ELSEWHERE = '203.0.113.7';
const PAGE = '<!doctype html>\n<html lang="en"><body>Übersicht</body></html>\n';
const MARKDOWN = '# Übersicht\n';

describe('reports over HTTP', () => {
  let api: TestApi;

  const get = (url: string, options: { headers?: Record<string, string>; remoteAddress?: string } = {}) =>
    api.app.inject({ url, ...options });

  beforeAll(async () => {
    api = await startTestApi();
    const reports = api.app.get(ReportService);
    expect(await reports.put('main', 'market_insight', { markdown: MARKDOWN, html: PAGE })).toBe(
      '/reports/main/market_insight',
    );
    await reports.put('main', 'risk_assessor', { markdown: MARKDOWN, html: PAGE });
  });
  afterAll(() => api.close());

  it.each(['/reports/main', '/reports/main/market_insight'])(
    'gives %s as a page that may run and load nothing, and is asked for anew each time',
    async (url) => {
      const { statusCode, headers } = await get(url);
      expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' });
      const directives = String(headers['content-security-policy']).split('; ');
      expect(directives).toEqual([
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
    },
  );

  it('gives the report byte for byte as it was written', async () => {
    expect((await get('/reports/main/market_insight')).body).toBe(PAGE);
  });

  it('leads from the index to every report, and the links lead somewhere', async () => {
    const { body } = await get('/reports/main');
    const links = [...body.matchAll(/href="([^"]+)"/g)].map(([, href]) => new URL(href!, 'http://t/reports/main'));
    expect(links.map(({ pathname }) => pathname)).toEqual([
      '/reports/main/market_insight',
      '/reports/main/risk_assessor',
    ]);
    for (const { pathname } of links) expect((await get(pathname)).statusCode).toBe(200);
  });

  it('keeps the Markdown beside the page in the data folder, and gives out the page alone', async () => {
    const file = join(api.config.dataDir, 'reports', 'main', 'market_insight.md');
    expect(await readFile(file, 'utf8')).toBe(MARKDOWN);
    expect((await get('/reports/main/market_insight.md')).json()).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it.each([
    ['/reports/replay-9', 404, 'REPORT_UNKNOWN'],
    ['/reports/main/stranger', 404, 'REPORT_UNKNOWN'],
    ['/reports/replay-9/market_insight', 404, 'REPORT_UNKNOWN'],
    ['/reports/Main', 400, 'REQUEST_INVALID'],
    ['/reports/main/market_insight.html', 400, 'REQUEST_INVALID'],
    ['/reports/..%2f..%2fapi-key', 400, 'REQUEST_INVALID'],
    ['/reports/main/..%2fmarket_insight', 400, 'REQUEST_INVALID'],
    ['/reports/main/%00', 400, 'REQUEST_INVALID'],
    ['/reports', 404, 'ROUTE_UNKNOWN'],
  ])('answers %s with %s %s, as JSON', async (url, status, code) => {
    const reply = await get(url);
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([status, 'application/json; charset=utf-8']);
    expect(reply.json()).toEqual({
      code,
      message: expect.stringMatching(/\S/),
      details: expect.any(Object),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('gives them to this machine, and to others with a key', async () => {
    const url = '/reports/main/market_insight';
    const { authorization } = api.keyed;
    expect((await get(url, { remoteAddress: '127.0.0.1' })).statusCode).toBe(200);
    expect((await get(url, { remoteAddress: ELSEWHERE, headers: { authorization } })).statusCode).toBe(200);
    for (const refused of [
      await get(url, { remoteAddress: ELSEWHERE }),
      await get(url, { headers: { 'x-forwarded-for': ELSEWHERE } }),
    ]) {
      expect([refused.statusCode, refused.json()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
      expect(refused.body).not.toContain('Übersicht');
    }
  });
});
