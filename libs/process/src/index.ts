export * from './health-server.js';
export * from './process.module.js';
export * from './run-process.js';
