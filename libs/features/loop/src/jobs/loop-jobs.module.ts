import { Module } from '@nestjs/common';
import { LoopModule } from '../loop.module.js';
import { LiveLoopService } from '../live-loop.service.js';
import { CandidateHandler } from './candidate.handler.js';
import { SlotHandler } from './slot.handler.js';

@Module({ imports: [LoopModule], providers: [LiveLoopService, SlotHandler, CandidateHandler] })
export class LoopJobsModule {}
