import { Global, Module } from '@nestjs/common';
import { JobStore } from './job-store.js';

/** For every process that creates or shows jobs. */
@Global()
@Module({ providers: [JobStore], exports: [JobStore] })
export class JobsModule {}
