import pg from 'pg';

/** As the driver calls it; its published type allows only one of the two. */
type Connected = (error: Error | null) => void;

/**
 * Closes the connection when a login fails. The driver leaves it open when it gives up by itself, for want of a password:
 * the process could not end, and the server could not drop a database, until the server's own time limit of a minute.
 */
export class ClosingClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.Client> | void {
    if (callback === undefined) {
      return new Promise((resolve, reject) => this.connect((error) => (error ? reject(error) : resolve(this))));
    }
    const closing: Connected = (error) => {
      // The caller hears why the login failed; that closing fails after it says nothing more.
      if (error) void this.end().catch(() => undefined);
      callback(error);
    };
    super.connect(closing);
  }
}
