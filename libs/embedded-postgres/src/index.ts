export { DATA_FOLDER_MARKER, isOurDataFolder, prepareDataFolder } from './data-folder.js';
export { DataFolderLock } from './data-folder-lock.js';
export {
  EmbeddedPostgres,
  eraseCluster,
  type EmbeddedPostgresOptions,
  type RunningPostgres,
} from './embedded-postgres.js';
export { EMBEDDED_POSTGRES_CODES, type EmbeddedPostgresCode } from './embedded-postgres.errors.js';
export { freePort, isPortFree } from './ports.js';
export { readIfPresent, readJsonIfPresent, writePrivateFile } from './private-files.js';
export { isRunning, startToken, waitForExit } from './process-identity.js';
export { type StopPatience } from './server.js';
export { tailOf } from './server-logs.js';
