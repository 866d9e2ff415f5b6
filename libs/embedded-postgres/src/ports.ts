import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** Binds the port for a moment (0 = any) and returns the number bound, or undefined when it is taken. */
function tryPort(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    probe.listen({ port, host, exclusive: true }, () => {
      const address = probe.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      probe.close(() => resolve(bound));
    });
  });
}

export async function isPortFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  return (await tryPort(port, host)) !== undefined;
}

/** The wanted port if it is free, else one that the system picks. */
export async function freePort(wanted: number, host: string = LOOPBACK): Promise<number> {
  const port = (await tryPort(wanted, host)) ?? (await tryPort(0, host));
  if (port === undefined) throw new RangeError(`no free port on ${host}`);
  return port;
}
