export { PolicyHttpModule } from './policy-http.module.js';
