import { Module } from '@nestjs/common';
import { JobsModule } from '@tidemark/jobs';
import { CheckPlanner } from './check-planner.js';
import { SlotPlanner } from './slot-planner.js';
import { SlotRepository } from './slot.repository.js';

/** For the process that plans slots. It scores nothing and trains nothing. */
@Module({
  imports: [JobsModule],
  providers: [SlotRepository, CheckPlanner, SlotPlanner],
  exports: [SlotPlanner, SlotRepository],
})
export class LoopScheduleModule {}
