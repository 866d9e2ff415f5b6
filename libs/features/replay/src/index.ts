export { DigestService } from './digest.service.js';
export { ReplayModule } from './replay.module.js';
export { ReplayService } from './replay.service.js';
