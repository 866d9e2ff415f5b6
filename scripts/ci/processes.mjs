import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Processes that were started from `folder` or work in it, one line each; this process and its ancestors are not among them. */
export function processesOf(folder) {
  const own = ancestors();
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !own.has(name));
  return pids.flatMap((pid) => {
    const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    const workingFolder = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
    const isOfFolder = [...command.split('\0'), workingFolder].some((part) => part.includes(folder));
    return isOfFolder ? [`${pid} ${command.replaceAll('\0', ' ').trim()}`] : [];
  });
}

function ancestors() {
  const pids = new Set();
  for (let pid = String(process.pid); pid !== '0' && pid !== undefined; pid = parentOf(pid)) pids.add(pid);
  return pids;
}

function parentOf(pid) {
  // The name in parentheses may itself hold spaces and parentheses.
  return /^\d+ \(.*\) \S (\d+)/s.exec(attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')))?.[1];
}

/** A process may end between listing and reading, and another user's does not tell where it works. */
function attempt(read) {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) return '';
    throw error;
  }
}
