import { Module } from '@nestjs/common';
import { ReplayPlanner } from '../replay-planner.js';
import { ReplayHandler } from '../replay.handler.js';
import { ReplayModule } from '../replay.module.js';

@Module({ imports: [ReplayModule], providers: [ReplayPlanner, ReplayHandler] })
export class ReplayJobsModule {}
