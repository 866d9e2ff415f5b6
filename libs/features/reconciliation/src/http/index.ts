export { ReconciliationHttpModule } from './reconciliation-http.module.js';
