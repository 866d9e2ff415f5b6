export { EvaluationJobsModule } from './evaluation-jobs.module.js';
