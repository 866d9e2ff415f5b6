export { LoopHttpModule } from './loop-http.module.js';
export { ManualSlotsService } from './manual-slots.service.js';
export { ScheduleStatusService } from './schedule-status.service.js';
