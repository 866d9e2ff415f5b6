export * from './clock.js';
export * from './errors.js';
export * from './ids.js';
export * from './instant.js';
export * from './paging.js';
export * from './timeline.js';
export * from './world.js';
