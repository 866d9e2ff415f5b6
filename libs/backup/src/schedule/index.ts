export { PrunePlanner } from './prune-planner.js';
export { RetentionScheduleModule } from './retention-schedule.module.js';
