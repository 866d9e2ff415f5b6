export { ReplayJobsModule } from './replay-jobs.module.js';
