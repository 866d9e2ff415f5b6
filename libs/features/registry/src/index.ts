export { ModelRepository } from './model.repository.js';
export { RegistryModule } from './registry.module.js';
