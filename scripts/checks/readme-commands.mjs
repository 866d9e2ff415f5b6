import { execFileSync } from 'node:child_process';
import { parseStartOptions } from '../lib/start-options.mjs';
import { readJson, readText, repoFiles } from './lib/repo.mjs';

const SHELL_BLOCK = /^```sh\n([\s\S]*?)^```/gm;
const ANY_BLOCK = /^(```|~~~)[\s\S]*?^\1/gm;
const INLINE = /`((?:[A-Z_]+=\S+ )*(?:npx tidemark|npm) [^`]+)`/g;
const WORD = /'[^']*'|"(?:\\.|[^"\\])*"|\|\||&&|[|;&>]|[^\s'"|;&>]+/g;
const SEPARATOR = /^(\|\||&&|[|;&>])$/;
const ASSIGNMENT = /^[A-Z_][A-Z0-9_]*=/;
const NPM_SCRIPTS = new Set(['start', 'test']);

/**
 * What the documents tell a reader to type exists: `npx tidemark …` with its arguments and options, npm scripts, and
 * the flags of `npm start`. In running text a command may stop at the name of a group.
 */
export function check(root, commands = () => catalogue(root)) {
  const documents = repoFiles(root).filter((file) => file.endsWith('.md'));
  const calls = documents.flatMap((file) => callsOf(file, readText(root, file)));
  if (calls.length === 0) return [];
  const { scripts = {} } = readJson(root, 'package.json');
  const known = calls.some(({ words }) => isTidemark(words)) ? commands() : [];
  return calls.flatMap((call) => {
    const problem = isTidemark(call.words) ? tidemarkProblem(call, known) : npmProblem(call.words, scripts);
    return problem === undefined ? [] : [`${call.file}: ${call.words.join(' ')}: ${problem}`];
  });
}

/** Every command of the built command line, as `tidemark commands --json` lists them. */
function catalogue(root) {
  const program = 'apps/cli/bin/tidemark.mjs';
  return JSON.parse(execFileSync(process.execPath, [program, 'commands', '--json'], { cwd: root, encoding: 'utf8' }));
}

function callsOf(file, text) {
  const blocks = [...text.matchAll(SHELL_BLOCK)].flatMap(([, block]) => shellLines(block));
  const inline = [...text.replace(ANY_BLOCK, '').matchAll(INLINE)].map(([, span]) => span);
  return [
    ...blocks.flatMap((line) => commandsOf(line).map((words) => ({ file, words, isText: false }))),
    ...inline.flatMap((line) => commandsOf(line).map((words) => ({ file, words, isText: true }))),
  ].filter(({ words }) => isTidemark(words) || words[0] === 'npm');
}

function shellLines(block) {
  return block
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''));
}

/** The commands of one line as lists of words, without leading assignments. */
function commandsOf(line) {
  const commands = [[]];
  for (const [word] of line.matchAll(WORD)) {
    if (SEPARATOR.test(word)) commands.push([]);
    else commands.at(-1).push(word);
  }
  return commands.map((words) => words.slice(words.findIndex((word) => !ASSIGNMENT.test(word))));
}

function isTidemark(words) {
  return words[0] === 'npx' && words[1] === 'tidemark';
}

function tidemarkProblem({ words, isText }, commands) {
  const given = words.slice(2);
  if (['--help', '--version', '…'].includes(given[0])) return undefined;
  const spellings = commands.flatMap((entry) => [entry.command, ...entry.aliases].map((text) => ({ entry, text })));
  const fitting = spellings.filter(({ text }) => startsWith(given, text.split(' ')));
  const best = fitting.sort((a, b) => b.text.length - a.text.length)[0];
  if (best !== undefined) return argumentProblem(best.entry, given.slice(best.text.split(' ').length), isText);
  const isGroup = commands.some(({ command }) => startsWith(command.split(' '), given));
  return isText && isGroup ? undefined : 'there is no such command';
}

function startsWith(words, prefix) {
  return prefix.every((word, index) => words[index] === word);
}

function argumentProblem(entry, given, isText) {
  let positional = 0;
  for (let index = 0; index < given.length; index += 1) {
    const [flag] = given[index].split('=');
    if (!flag.startsWith('--')) positional += 1;
    else if (flag !== '--help') {
      const option = entry.options.find((candidate) => candidate.flag === flag);
      if (option === undefined) return `${entry.command} has no option ${flag}`;
      if (option.takesValue && !given[index].includes('=')) index += 1;
    }
  }
  const required = isText && positional === 0 ? 0 : entry.arguments.filter((argument) => argument.required).length;
  if (given.includes('--help')) return undefined;
  if (positional < required) return `${entry.command} takes ${required} argument(s), here are ${positional}`;
  return positional > entry.arguments.length ? `${entry.command} takes at most ${entry.arguments.length}` : undefined;
}

function npmProblem([, verb, ...rest], scripts) {
  const name = verb === 'run' ? rest[0] : verb;
  if (verb !== 'run' && !NPM_SCRIPTS.has(verb)) return undefined;
  if (!(name in scripts)) return `package.json has no script ${name}`;
  const dashes = rest.indexOf('--');
  if (name !== 'start' || dashes < 0) return undefined;
  try {
    parseStartOptions(rest.slice(dashes + 1), '/');
    return undefined;
  } catch (error) {
    return error.message.split('\n')[0];
  }
}
