/** A problem of the set-up that the person at the keyboard can mend; shown without a stack trace. */
export class SetupFailure extends Error {}

/** Runs a step of the set-up; a problem the user can mend ends the process with its message alone. */
export async function orExplain(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}
