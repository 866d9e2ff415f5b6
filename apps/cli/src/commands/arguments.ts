import { instantOrDateSchema, nameSchema, versionRefSchema } from '@tidemark/contracts';
import { z } from 'zod';
import { by } from './define.js';

export const name = by(nameSchema);
export const versionRef = by(versionRefSchema);
export const id = by(z.uuid('expected an id like 0190a3c4-0000-7000-8000-000000000000'));
export const instantOrDate = by(instantOrDateSchema);

/** Description of every option that takes a point in time. */
export const INSTANT = 'ISO-8601 instant, or a date meaning the end of that UTC day';
