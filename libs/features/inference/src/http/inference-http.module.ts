import { Module } from '@nestjs/common';
import { InferenceModule } from '../inference.module.js';
import { PredictController } from './predict.controller.js';
import { StatusController } from './status.controller.js';

@Module({ imports: [InferenceModule], controllers: [PredictController, StatusController] })
export class InferenceHttpModule {}
