export { LoopModule } from './loop.module.js';
