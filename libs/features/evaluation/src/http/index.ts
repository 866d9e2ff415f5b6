export { EvaluationHttpModule } from './evaluation-http.module.js';
