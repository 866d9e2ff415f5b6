import type { Agent } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import { snapshotHash } from '@tidemark/market-data/read';
import type { SealedOpenings } from '@tidemark/training/read';
import type { TimelineRows } from './timeline-reader.js';

/**
 * Whoever measures figures of sealed bars opens them: logged, and numbered by job, so that a later attempt opens nothing
 * again. Undefined where the rows end before the sealed bars.
 */
export async function openSealed(
  openings: SealedOpenings,
  context: JobContext,
  agent: Agent,
  { span, snapshot }: TimelineRows,
): Promise<number | undefined> {
  const sealedFrom = new Date(`${agent.sealedFrom}T00:00:00Z`);
  if (span.eventTimes.at(-1)! < sealedFrom) return undefined;
  const opening = { agent: agent.agent, jobId: context.job.id, sealedFrom, dataHash: snapshotHash(snapshot) };
  const number = await openings.open(opening, (runner) => context.fence(runner));
  await context.log('info', `opening ${number} of the bars sealed from ${agent.sealedFrom} on`);
  return number;
}
