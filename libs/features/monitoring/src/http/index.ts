export { MonitoringHttpModule } from './monitoring-http.module.js';
