export type { CopyRow, CopyValue } from './copy-format.js';
export * from './copy-rows.js';
export * from './data-source.js';
export * from './database-errors.js';
export * from './database.module.js';
export * from './listen.js';
export * from './schema.js';
export * from './sql.js';
export * from './transaction.js';
