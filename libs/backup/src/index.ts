export { prune, type PruneReport, type Retention } from './prune.js';
export { restoreBackup, type RestoreReport } from './restore-backup.js';
export { writeBackup, type BackupReport } from './write-backup.js';
