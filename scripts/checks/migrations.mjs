import { readText, repoFiles } from './lib/repo.mjs';

const FOLDER = /(^|\/)migrations\/[^/]+\.ts$/;
const NAME = /(?:^|\/)(\d{13})-([a-z]+(?:-[a-z0-9]+)+)\.ts$/;

/** Migrations are named `<epoch ms>-<verb>-<noun>.ts`, export the class of that name, and have a timestamp of their own. */
export function check(root) {
  const seen = new Map();
  return repoFiles(root)
    .filter((file) => FOLDER.test(file) && !/\/index\.ts$|\.(int-)?spec\.ts$/.test(file))
    .flatMap((file) => {
      const [, timestamp, words] = NAME.exec(file) ?? [];
      if (timestamp === undefined) return [`${file}: name it <13-digit timestamp>-<verb>-<noun>.ts`];
      const other = seen.get(timestamp);
      seen.set(timestamp, file);
      const expected =
        words
          .split('-')
          .map((word) => word[0].toUpperCase() + word.slice(1))
          .join('') + timestamp;
      return [
        ...(other === undefined ? [] : [`${file}: ${other} has the same timestamp`]),
        ...(readText(root, file).includes(`export class ${expected} `) ? [] : [`${file}: export class ${expected}`]),
      ];
    });
}
