import type { Command } from 'commander';
import { define } from '../commands/define.js';
import type { JsonOption, Session } from '../session.js';
import { withDatabase } from './admin-database.js';

interface PruneOptions extends JsonOption {
  readonly dryRun?: boolean;
}

export function addPrune(admin: Command, session: Session): void {
  define(admin, 'prune', {
    summary:
      'do now what a prune does every night: delete what TIDEMARK_KEEP_…_DAYS does not keep, and files nothing names',
    examples: ['admin prune --dry-run', 'admin prune'],
  })
    .option('--dry-run', 'say what would be deleted, and delete nothing')
    .action((options: PruneOptions) => runPrune(session, options));
}

async function runPrune(session: Session, options: PruneOptions): Promise<void> {
  const { prune, pruneLines } = await import('@tidemark/backup');
  const { LocalArtifactStore } = await import('@tidemark/artifacts');
  const { retention, artifactRoot } = session.config;
  const isDryRun = options.dryRun === true;
  const artifacts = new LocalArtifactStore(artifactRoot);
  const now = session.io.clock.now();
  const report = await withDatabase(session, (dataSource) =>
    prune({ dataSource, artifacts, retention, now, isDryRun }),
  );
  if (options.json === true) return session.output.json({ dryRun: isDryRun, retention, ...report });
  session.output.lines(pruneLines(report, retention, isDryRun ? 'Would delete' : 'Deleted'));
}
