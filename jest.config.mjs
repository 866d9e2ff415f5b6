/** Runs the compiled specs in `dist` as the ES modules production runs: no transformer (docs/adr/0001). */
export default {
  rootDir: '.',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tests/e2e'],
  testMatch: ['**/dist/**/*.spec.js', '**/dist/**/*.int-spec.js'],
  testEnvironment: 'node',
  transform: {},
  setupFiles: ['<rootDir>/scripts/jest/one-error-class.mjs'],
  globalSetup: '<rootDir>/scripts/jest/start-postgres.mjs',
  globalTeardown: '<rootDir>/scripts/jest/stop-postgres.mjs',
  maxWorkers: 2,
  // Every spec file links its own copy of the modules it imports; a worker that keeps too many of them is replaced.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 30_000,
};
