import { describe, expect, it } from '@jest/globals';
import { AgentCatalog } from '@tidemark/config';
import { buildAgent } from '@tidemark/testing';
import { unreadWarnings } from './unread-series.js';

const catalog = (...series: string[]): AgentCatalog =>
  new AgentCatalog(
    series.map((name, index) => ({
      agent: buildAgent({ agent: `agent_${index}`, source: { series: name, kind: 'api' } }),
      file: '',
      yaml: '',
      hash: '',
    })),
  );

describe('unreadWarnings', () => {
  it('says nothing of a series that an agent reads', () => {
    expect(unreadWarnings('sp500', catalog('dax', 'sp500'))).toEqual([]);
  });

  it('names each series that agents read once', () => {
    expect(unreadWarnings('sp5OO', catalog('dax', 'sp500', 'sp500'))).toEqual([
      { code: 'SERIES_UNREAD', message: 'No agent reads the series sp5OO; they read: dax, sp500.' },
    ]);
    expect(unreadWarnings('sp500', catalog())).toMatchObject([
      { message: 'No agent reads the series sp500; there is no agent.' },
    ]);
  });
});
