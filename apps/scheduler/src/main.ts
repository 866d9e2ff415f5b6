import { runProcess } from '@tidemark/process';
import { SchedulerModule } from './scheduler.module.js';

runProcess({
  kind: 'scheduler',
  module: (config) => SchedulerModule.forConfig(config),
  ready: 'scheduler watches the schedules',
  stopping: 'scheduler stops',
});
