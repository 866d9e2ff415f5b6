import { readFileSync } from 'node:fs';
import { loadBaseConfig, type BaseConfig } from '@tidemark/config';
import { callerError } from '@tidemark/kernel';
import { ApiClient, type Reply } from './api/api-client.js';
import type { CliIo } from './io.js';
import { apiUrlOf } from './running-instance.js';
import { Output } from './output/output.js';
import { Progress } from './output/progress.js';

/** Every command takes it. */
export interface JsonOption {
  readonly json?: boolean;
}

/** One run of the command line: what its commands share. The environment and the key are read when first needed. */
export class Session {
  readonly output: Output;
  readonly progress: Progress;
  exitCode = 0;
  private readConfig: BaseConfig | undefined;
  private client: ApiClient | undefined;

  constructor(readonly io: CliIo) {
    this.output = new Output(io);
    this.progress = new Progress(io.stderr);
  }

  get config(): BaseConfig {
    this.readConfig ??= loadBaseConfig(this.io.env);
    return this.readConfig;
  }

  get api(): ApiClient {
    this.client ??= new ApiClient(apiUrlOf(this.config), () => readKey(this.config));
    return this.client;
  }

  /** Prints an answer of the API: as it came with `--json`, else as `text` puts it. */
  show<T>(reply: Reply<T>, options: JsonOption, text: (value: T) => readonly string[]): void {
    if (options.json === true) this.output.json(reply.body);
    else this.output.lines(text(reply.value));
  }
}

function readKey({ apiKey, apiKeyFile }: BaseConfig): string {
  if (apiKey !== undefined) return apiKey;
  try {
    return readFileSync(apiKeyFile, 'utf8').trim();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw callerError(
      'API_KEY_MISSING',
      `The key file ${apiKeyFile} ${why}: \`npm start\` makes it, \`npx tidemark admin keys create\` makes another, ` +
        'TIDEMARK_API_KEY_FILE and TIDEMARK_API_KEY name one of your own.',
      { cause: error },
    );
  }
}
