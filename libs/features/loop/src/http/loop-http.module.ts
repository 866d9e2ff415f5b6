import { Module } from '@nestjs/common';
import { RetentionScheduleModule } from '@tidemark/backup/schedule';
import { LoopScheduleModule } from '../schedule/schedule.module.js';
import { ManualSlotsService } from './manual-slots.service.js';
import { ScheduleStatusService } from './schedule-status.service.js';
import { ScheduleController } from './schedule.controller.js';

/** The schedule as people see it. Nothing of the loop itself runs in the process that answers them. */
@Module({
  imports: [LoopScheduleModule, RetentionScheduleModule],
  controllers: [ScheduleController],
  providers: [ManualSlotsService, ScheduleStatusService],
  exports: [ManualSlotsService, ScheduleStatusService],
})
export class LoopHttpModule {}
