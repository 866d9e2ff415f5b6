export { EvaluationModule } from './evaluation.module.js';
export { EvaluationService, type Evaluation, type EvaluationRequest } from './evaluation.service.js';
export { ReportService } from './report.service.js';
export { renderTable } from './table-text.js';
export { StudyService } from './study/study.service.js';
