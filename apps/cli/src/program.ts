import { createRequire } from 'node:module';
import { Command } from 'commander';
import { addAdmin } from './admin/admin.commands.js';
import { addAi } from './commands/ai.commands.js';
import { addBars } from './commands/bars.commands.js';
import { addCatalogue } from './commands/catalogue.commands.js';
import { addControls } from './commands/controls.commands.js';
import { addDecisions } from './commands/decisions.commands.js';
import { addJobs } from './commands/jobs.commands.js';
import { addMainJob } from './commands/main-job.commands.js';
import { addModels } from './commands/models.commands.js';
import { addMonitoring } from './commands/monitoring.commands.js';
import { addOperations } from './commands/operations.commands.js';
import { addPredict } from './commands/predict.commands.js';
import { addReconcile } from './commands/reconcile.commands.js';
import { addReplay } from './commands/replay.commands.js';
import { addRuns } from './commands/runs.commands.js';
import { addSchedule } from './commands/schedule.commands.js';
import { addTimelines } from './commands/timelines.commands.js';
import type { Session } from './session.js';

const manifest = createRequire(import.meta.url)('../package.json') as { version: string };

const NOTES = `
Exit codes: 0 done, 2 the request is at fault, 70 a defect of ours, 75 something it depends on failed (try again),
130 left by Ctrl-C while following.
The API is that of TIDEMARK_API_URL, else the running one of the data folder (TIDEMARK_DATA_DIR, default .tidemark), else
http://127.0.0.1:7400. The key is that of TIDEMARK_API_KEY or TIDEMARK_API_KEY_FILE (default api-key in the data folder).`;

/** The whole command tree. Settings of the root are inherited by every command added after them. */
export function buildProgram(session: Session): Command {
  const { stdout, stderr } = session.io;
  const program = new Command('tidemark')
    .description('Train, register and serve trading models; every prediction logged.')
    .version(manifest.version, '-V, --version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(`USAGE_INVALID: ${text.replace(/^error: /, '')}`),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('Add --help to see what it takes, with an example.')
    .helpCommand(false)
    .addHelpText('after', NOTES);
  addOperations(program, session);
  addPredict(program, session);
  addAi(program, session);
  addModels(program, session);
  addMonitoring(program, session);
  addRuns(program, session);
  addJobs(program, session);
  addBars(program, session);
  addMainJob(program, session);
  addSchedule(program, session);
  addTimelines(program, session);
  addReplay(program, session);
  addDecisions(program, session);
  addReconcile(program, session);
  addControls(program, session);
  addAdmin(program, session);
  addCatalogue(program, session);
  return program;
}
