export { InferenceModule } from './inference.module.js';
export { PredictionLog } from './prediction-log.js';
export { ServedModels } from './served-models.js';
