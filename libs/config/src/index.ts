export * from './agent-catalog.js';
export * from './agent-loader.js';
export * from './app-config.js';
export * from './environment.js';
export * from './env-example.js';
export * from './policy-file.js';
export * from './repository-root.js';
export * from './test-environment.js';
