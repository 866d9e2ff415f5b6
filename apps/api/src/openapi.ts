import { writeFile } from 'node:fs/promises';
import { loadConfig } from '@tidemark/config';
import { createApp } from './create-app.js';
import { createDocument } from './docs.js';

/** Writes the OpenAPI description to the file named as first argument. */
const [, , target = 'docs/openapi.json'] = process.argv;
const app = await createApp(loadConfig());
await app.init();
await writeFile(target, `${JSON.stringify(createDocument(app), null, 2)}\n`);
await app.close();
