import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { readText, repoFiles } from './lib/repo.mjs';

const FENCE = /^(```|~~~)[\s\S]*?^\1/gm;
const LINK = /\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const ELSEWHERE = /^[a-z][a-z0-9+.-]*:/i;

/** Relative links in the Markdown documents lead to a file, and their anchors to a heading of it. */
export function check(root) {
  const documents = repoFiles(root).filter((file) => file.endsWith('.md'));
  return documents.flatMap((file) => {
    const links = [...readText(root, file).replace(FENCE, '').matchAll(LINK)].map((match) => match[1]);
    return links.filter((link) => !ELSEWHERE.test(link)).flatMap((link) => linkProblems(root, file, link));
  });
}

function linkProblems(root, file, link) {
  const [path, anchor] = decodeURIComponent(link).split('#');
  const target = path === '' ? file : normalize(join(dirname(file), path));
  if (target.startsWith('..') || !existsSync(join(root, target))) return [`${file}: ${link} leads nowhere`];
  if (anchor === undefined || !target.endsWith('.md')) return [];
  return headings(readText(root, target)).includes(anchor) ? [] : [`${file}: ${link} names no heading of ${target}`];
}

/** Heading anchors as GitHub makes them: lower case, punctuation dropped, spaces to hyphens. */
function headings(markdown) {
  const titles = [...markdown.replace(FENCE, '').matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => match[1]);
  return titles.map((title) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
