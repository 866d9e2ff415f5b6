export { ReplayHttpModule } from './replay-http.module.js';
