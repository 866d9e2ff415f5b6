/** Files of the supervisor in the data folder. */
export const LOCK_FILE = 'tidemark.lock';
export const LEDGER_FILE = 'processes.json';
/** Where the parts of the running installation can be reached. */
export const STATE_FILE = 'supervisor.json';
