import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { boundaryRule } from './scripts/lint/boundaries.mjs';
import { importRule, syntaxRule } from './scripts/lint/restrictions.mjs';

// The boundary rule reads the stored project graph, and without one it only warns and checks nothing.
await createProjectGraphAsync({ exitOnError: false });

const SPECS = ['**/*.spec.ts', '**/*.int-spec.ts', '**/src/testing/**/*.ts', 'libs/testing/src/**/*.ts'];

const SIZE_RULES = {
  complexity: ['error', 12],
  'max-lines': ['error', 400],
  'max-lines-per-function': ['error', 60],
};

const TYPED_RULES = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-console': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  // Nest modules are classes that hold nothing but their decorator.
  '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
  // `row[i]!` after a checked length is how noUncheckedIndexedAccess is answered in numeric code.
  '@typescript-eslint/no-non-null-assertion': 'off',
  // `return void work();`, `void value;` and arrow shorthand say what they do.
  '@typescript-eslint/no-confusing-void-expression': 'off',
  '@typescript-eslint/no-meaningless-void-operator': 'off',
  // A flag that a callback or a signal sets while we wait looks constant to the compiler.
  '@typescript-eslint/no-unnecessary-condition': 'off',
  // Option literals for libraries that declare their options as classes.
  '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
  // Ports are asynchronous by contract; an in-memory implementation has nothing to await.
  '@typescript-eslint/require-await': 'off',
};

const SPEC_RULES = {
  'max-lines': ['error', 500],
  // A describe callback holds a whole suite.
  'max-lines-per-function': 'off',
  // expect(object.method) and the runner's async callbacks.
  '@typescript-eslint/unbound-method': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
};

export default defineConfig(
  { ignores: ['**/dist/', 'build/', 'target/', 'node_modules/', '.nx/', '.tidemark/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      ...SIZE_RULES,
      ...TYPED_RULES,
      'no-restricted-syntax': syntaxRule({ env: false, clock: false, native: false }),
      'no-restricted-imports': importRule({ features: 'read', env: false }),
      '@nx/enforce-module-boundaries': boundaryRule({ testing: false }),
    },
  },
  {
    files: ['apps/**/*.ts'],
    rules: { 'no-restricted-imports': importRule({ features: 'any', env: false }) },
  },
  {
    files: ['libs/features/replay/src/**/*.ts'],
    rules: { 'no-restricted-imports': importRule({ features: 'replay', env: false }) },
  },
  {
    files: SPECS,
    rules: { ...SPEC_RULES, '@nx/enforce-module-boundaries': boundaryRule({ testing: true }) },
  },
  {
    // The config lib reads process.env; a suite that starts a whole process sets what that process will read.
    files: ['libs/config/src/**/*.ts', '**/*.int-spec.ts'],
    rules: {
      'no-restricted-syntax': syntaxRule({ env: true, clock: false, native: false }),
    },
  },
  {
    files: ['libs/kernel/src/clock.ts'],
    rules: { 'no-restricted-syntax': syntaxRule({ env: false, clock: true, native: false }) },
  },
  {
    files: ['libs/native/src/**/*.ts'],
    rules: { 'no-restricted-syntax': syntaxRule({ env: false, clock: false, native: true }) },
  },
  {
    // Generated from the addon's exports.
    files: ['libs/native/src/binding.ts'],
    rules: { '@typescript-eslint/no-duplicate-type-constituents': 'off' },
  },
  {
    files: ['**/*.mjs'],
    rules: { ...SIZE_RULES, eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error', 'no-unused-vars': 'error' },
  },
);
