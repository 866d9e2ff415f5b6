export { RetentionJobsModule } from './retention-jobs.module.js';
