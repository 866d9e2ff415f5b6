export { AlertRepository } from './alert.repository.js';
export { FeatureMatrix } from './feature-matrix.js';
export { MetricRepository } from './metric.repository.js';
export { MonitoringModule } from './monitoring.module.js';
