export { prune, type PruneReport, type Retention } from './prune.js';
export { pruneLines } from './prune-text.js';
export { restoreBackup, type RestoreReport } from './restore-backup.js';
export { writeBackup, type BackupReport } from './write-backup.js';
