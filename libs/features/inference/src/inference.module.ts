import { Global, Module } from '@nestjs/common';
import { OutcomeRepository } from './outcome.repository.js';
import { OutcomeService } from './outcome.service.js';
import { PredictService } from './predict.service.js';
import { PredictionLog } from './prediction-log.js';
import { PostgresPredictionSink, PREDICTION_SINK } from './prediction-writer.js';
import { PredictionRepository } from './prediction.repository.js';
import { ProcessStatusService } from './process-status.js';
import { OUTCOME_READER, PREDICTION_LOG_READER, PREDICTOR } from './read/index.js';
import { ServedModels } from './served-models.js';

/** Served models, predictions and their log, outcomes. */
@Global()
@Module({
  providers: [
    ServedModels,
    PredictService,
    PredictionLog,
    PredictionRepository,
    OutcomeRepository,
    OutcomeService,
    ProcessStatusService,
    { provide: PREDICTION_SINK, useClass: PostgresPredictionSink },
    { provide: PREDICTOR, useExisting: PredictService },
    { provide: PREDICTION_LOG_READER, useExisting: PredictionRepository },
    { provide: OUTCOME_READER, useExisting: OutcomeService },
  ],
  exports: [
    ServedModels,
    PredictionLog,
    PredictionRepository,
    OutcomeRepository,
    OutcomeService,
    ProcessStatusService,
    PREDICTOR,
    PREDICTION_LOG_READER,
    OUTCOME_READER,
  ],
})
export class InferenceModule {}
