export { RunRepository } from './run.repository.js';
export { trainOrder } from './train-order.js';
export { TrainingModule } from './training.module.js';
