export { TrainingHttpModule } from './training-http.module.js';
