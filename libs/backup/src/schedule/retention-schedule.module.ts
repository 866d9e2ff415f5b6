import { Module } from '@nestjs/common';
import { JobsModule } from '@tidemark/jobs';
import { PrunePlanner } from './prune-planner.js';

/** For the processes that ask for a prune: the scheduler every night, the API when somebody wants one. */
@Module({ imports: [JobsModule], providers: [PrunePlanner], exports: [PrunePlanner] })
export class RetentionScheduleModule {}
