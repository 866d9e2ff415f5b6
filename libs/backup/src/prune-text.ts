import type { PruneReport, Retention } from './prune.js';

/** What a prune did, in sentences. `verb` begins each: `Deleted`, or `Would delete` where nothing was. */
export function pruneLines(report: PruneReport, retention: Retention, verb: string): string[] {
  const predictions = kept('older than', retention.keepPredictionsDays, 'TIDEMARK_KEEP_PREDICTIONS_DAYS');
  const logs = kept('older than', retention.keepJobLogsDays, 'TIDEMARK_KEEP_JOB_LOGS_DAYS');
  return [
    `${verb} ${report.predictions} predictions made for callers (${predictions}); those of the loop stay.`,
    `${verb} ${report.jobLogLines} lines of logs of ended jobs (${logs}).`,
    `${verb} ${report.notifications} notifications that were sent (${logs}).`,
    `${verb} ${report.artifacts} artifacts that nothing names (${report.artifactBytes} bytes).`,
    `${verb} ${report.leftovers} unfinished files older than a day.`,
    fitsLine(report, retention, verb),
  ];
}

function fitsLine({ fits, fitsHeldBack }: PruneReport, { keepFitsDays }: Retention, verb: string): string {
  if (fitsHeldBack) return 'Left the cached fits for later: a training or a replay is under way.';
  const unused = kept('unused for', keepFitsDays, 'TIDEMARK_KEEP_FITS_DAYS');
  return `${verb} ${fits} cached fits (${unused}); the next prune takes their files.`;
}

function kept(what: string, days: number, setting: string): string {
  return days === 0 ? `all are kept: ${setting} is 0` : `${what} ${days} days`;
}
