import { ingestReportSchema, type BarInput, type IngestReport } from '@tidemark/contracts';
import { TidemarkError, toTidemarkError } from '@tidemark/kernel';
import type { Reply } from '../api/api-client.js';
import type { Session } from '../session.js';

/** Most bars of one request. */
const CHUNK = 10_000;

/** Sends bars in order, a request for every 10,000; what was sent before a failure stays. */
export async function sendBars(
  session: Session,
  series: string,
  bars: readonly BarInput[],
): Promise<Reply<IngestReport>[]> {
  const reports: Reply<IngestReport>[] = [];
  for (let start = 0; start < bars.length; start += CHUNK) {
    const chunk = bars.slice(start, start + CHUNK);
    try {
      reports.push(await session.api.post('bars', ingestReportSchema, { series, bars: chunk }));
    } catch (thrown) {
      throw withProgress(toTidemarkError(thrown), start, bars.length);
    }
    if (bars.length > CHUNK)
      session.progress.show((start + chunk.length) / bars.length, `${start + chunk.length} bars sent`);
  }
  session.progress.clear();
  return reports;
}

function withProgress(error: TidemarkError, sent: number, total: number): TidemarkError {
  if (sent === 0) return error;
  const message = `${error.message} ${sent} of ${total} bars were stored before; sending the file again is harmless.`;
  return new TidemarkError(error.code, error.family, message, {
    details: error.details,
    cause: error,
    status: error.status,
  });
}
