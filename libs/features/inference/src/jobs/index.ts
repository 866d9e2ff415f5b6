export { InferenceJobsModule } from './inference-jobs.module.js';
