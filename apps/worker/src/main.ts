import { initNative } from '@tidemark/native';
import { runProcess } from '@tidemark/process';
import { WorkerModule } from './worker.module.js';

runProcess({
  kind: 'worker',
  module: (config) => WorkerModule.forConfig(config),
  prepare: ({ ortLibrary }) => initNative({ ortLibrary }),
  ready: 'worker takes jobs',
  stopping: 'worker stops: running jobs are handed back',
});
