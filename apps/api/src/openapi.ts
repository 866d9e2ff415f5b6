import { writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from '@tidemark/config';
import { AppModule } from './app.module.js';
import { createDocument } from './docs.js';

/** Writes the OpenAPI description to the file named as first argument. Needs no database: nothing is instantiated. */
const [, , target = 'docs/openapi.json'] = process.argv;
const config = loadConfig({ DATABASE_URL: 'postgresql://localhost/unused' });
const app = await NestFactory.create<NestFastifyApplication>(AppModule.forConfig(config), new FastifyAdapter(), {
  preview: true,
  logger: false,
  abortOnError: false,
});
await writeFile(target, `${JSON.stringify(createDocument(app), null, 2)}\n`);
await app.close();
