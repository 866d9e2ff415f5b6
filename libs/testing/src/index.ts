export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from '@tidemark/database/testing';
export * from './builders.js';
export * from './database-proxy.js';
export * from './eventually.js';
export * from './redis-server.js';
export * from './small-disk.js';
export * from './step-clock.js';
export * from './test-training.js';
