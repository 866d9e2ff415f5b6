import type { PruneReport, Retention } from '@tidemark/backup';
import type { Command } from 'commander';
import { define } from '../commands/define.js';
import type { JsonOption, Session } from '../session.js';
import { withDatabase } from './admin-database.js';

interface PruneOptions extends JsonOption {
  readonly dryRun?: boolean;
}

export function addPrune(admin: Command, session: Session): void {
  define(admin, 'prune', {
    summary: 'delete old predictions of callers, job logs and files nothing names, by TIDEMARK_KEEP_…_DAYS',
    examples: ['admin prune --dry-run', 'admin prune'],
  })
    .option('--dry-run', 'say what would be deleted, and delete nothing')
    .action((options: PruneOptions) => runPrune(session, options));
}

async function runPrune(session: Session, options: PruneOptions): Promise<void> {
  const { prune } = await import('@tidemark/backup');
  const { LocalArtifactStore } = await import('@tidemark/artifacts');
  const { retention, artifactRoot } = session.config;
  const isDryRun = options.dryRun === true;
  const artifacts = new LocalArtifactStore(artifactRoot);
  const now = session.io.clock.now();
  const report = await withDatabase(session, (dataSource) =>
    prune({ dataSource, artifacts, retention, now, isDryRun }),
  );
  if (options.json === true) return session.output.json({ dryRun: isDryRun, retention, ...report });
  session.output.lines(reportLines(report, retention, isDryRun ? 'Would delete' : 'Deleted'));
}

function reportLines(report: PruneReport, { keepPredictionsDays, keepJobLogsDays }: Retention, verb: string): string[] {
  const kept = (days: number, setting: string): string =>
    days === 0 ? `all are kept: ${setting} is 0` : `older than ${days} days`;
  const predictions = kept(keepPredictionsDays, 'TIDEMARK_KEEP_PREDICTIONS_DAYS');
  const logs = kept(keepJobLogsDays, 'TIDEMARK_KEEP_JOB_LOGS_DAYS');
  return [
    `${verb} ${report.predictions} predictions made for callers (${predictions}); those of the loop stay.`,
    `${verb} ${report.jobLogLines} lines of logs of ended jobs (${logs}).`,
    `${verb} ${report.notifications} notifications that were sent (${logs}).`,
    `${verb} ${report.artifacts} artifacts that nothing names (${report.artifactBytes} bytes).`,
    `${verb} ${report.leftovers} unfinished files older than a day.`,
  ];
}
