export { LoopScheduleModule } from './schedule.module.js';
export { SlotPlanner } from './slot-planner.js';
