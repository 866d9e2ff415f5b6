export * from './access-policy.js';
export * from './api-key.guard.js';
export * from './api-key.js';
export * from './api-keys.js';
export * from './auth.module.js';
export * from './principal.js';
export * from './request-authenticator.js';
export * from './principal.js';
