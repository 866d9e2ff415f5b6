import type { AgentCatalog } from '@tidemark/config';
import type { IngestReport } from '@tidemark/contracts';

/** Warns of a series that no agent reads: a name with a slip of the pen is stored, and nothing would ever look at it. */
export function unreadWarnings(series: string, agents: Pick<AgentCatalog, 'all'>): IngestReport['warnings'] {
  const read = [...new Set(agents.all().map(({ agent }) => agent.source.series))];
  if (read.includes(series)) return [];
  const known = read.length === 0 ? 'there is no agent' : `they read: ${read.join(', ')}`;
  return [{ code: 'SERIES_UNREAD', message: `No agent reads the series ${series}; ${known}.` }];
}
