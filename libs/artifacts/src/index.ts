export * from './artifact-store.js';
export * from './artifacts.module.js';
export * from './local-artifact-store.js';
