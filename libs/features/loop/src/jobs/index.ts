export { LoopJobsModule } from './loop-jobs.module.js';
