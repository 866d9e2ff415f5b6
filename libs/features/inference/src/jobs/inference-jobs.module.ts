import { Module } from '@nestjs/common';
import { InferenceModule } from '../inference.module.js';
import { OutcomeMaturer } from '../outcome-maturer.js';

@Module({ imports: [InferenceModule], providers: [OutcomeMaturer] })
export class InferenceJobsModule {}
