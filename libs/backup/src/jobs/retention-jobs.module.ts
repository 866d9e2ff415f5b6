import { Module } from '@nestjs/common';
import { PruneHandler } from './prune.handler.js';

/** For the process that runs jobs. */
@Module({ providers: [PruneHandler] })
export class RetentionJobsModule {}
