export { restoreBackup, type RestoreReport } from './restore-backup.js';
export { writeBackup, type BackupReport } from './write-backup.js';
