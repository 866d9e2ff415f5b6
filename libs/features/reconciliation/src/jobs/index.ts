export { ReconciliationJobsModule } from './reconciliation-jobs.module.js';
