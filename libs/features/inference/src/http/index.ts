export { InferenceHttpModule } from './inference-http.module.js';
