import { Global, Module } from '@nestjs/common';
import { ArtifactModels } from './artifact-models.js';
import { BarPredictionService } from './bar-prediction.service.js';
import { OutcomeRepository } from './outcome.repository.js';
import { OutcomeService } from './outcome.service.js';
import { PredictService } from './predict.service.js';
import { PredictionLog } from './prediction-log.js';
import { PostgresPredictionSink, PREDICTION_SINK } from './prediction-writer.js';
import { PredictionRepository } from './prediction.repository.js';
import { ProcessStatusService } from './process-status.js';
import { ARTIFACT_SCORER, OUTCOME_READER, PREDICTION_LOG_READER, PREDICTOR, type Predictor } from './read/index.js';
import { ServedModels } from './served-models.js';

/** Served models, predictions and their log, outcomes. */
@Global()
@Module({
  providers: [
    ServedModels,
    ArtifactModels,
    PredictService,
    BarPredictionService,
    PredictionLog,
    PredictionRepository,
    OutcomeRepository,
    OutcomeService,
    ProcessStatusService,
    { provide: PREDICTION_SINK, useClass: PostgresPredictionSink },
    {
      provide: PREDICTOR,
      inject: [PredictService, BarPredictionService],
      useFactory: (callers: PredictService, loop: BarPredictionService): Predictor => ({
        predict: (items, options) => callers.predict(items, options),
        predictBar: (agent, snapshot, row) => loop.predictBar(agent, snapshot, row),
      }),
    },
    { provide: ARTIFACT_SCORER, useExisting: ArtifactModels },
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
    ARTIFACT_SCORER,
    PREDICTION_LOG_READER,
    OUTCOME_READER,
  ],
})
export class InferenceModule {}
