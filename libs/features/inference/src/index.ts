export { InferenceModule } from './inference.module.js';
export { PROCESS_KIND, type ProcessKind } from './process-status.js';
export { PredictionLog } from './prediction-log.js';
export { ServedModels } from './served-models.js';
