export { EvaluationModule } from './evaluation.module.js';
export { EvaluationService, type EvaluationRequest } from './evaluation.service.js';
