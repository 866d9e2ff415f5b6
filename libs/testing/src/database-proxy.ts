import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a database that a test can cut: what a process sees when Postgres is stopped, unreachable or hangs. */
export interface DatabaseProxy {
  /** The database's URL by way of the proxy. */
  readonly url: string;
  /** Ends all connections and refuses new ones. */
  cut(): void;
  /** Keeps all connections open and passes nothing on. */
  hang(): void;
  /** Passes everything on again. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function databaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const proxy = new Proxy(target.hostname, Number(target.port === '' ? '5432' : target.port));
  await proxy.listen(0);
  target.hostname = '127.0.0.1';
  target.port = String(proxy.port);
  return {
    url: target.toString(),
    cut: () => proxy.cut(),
    hang: () => proxy.hang(),
    restore: () => proxy.restore(),
    close: async () => proxy.cut(),
  };
}

class Proxy {
  port = 0;
  private server: Server | undefined;
  private hanging = false;
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  constructor(
    private readonly host: string,
    private readonly targetPort: number,
  ) {}

  async listen(port: number): Promise<void> {
    this.server = createServer((client) => this.join(client)).listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  cut(): void {
    this.server?.close();
    this.server = undefined;
    for (const sockets of this.pairs) sockets.forEach((socket) => socket.destroy());
  }

  hang(): void {
    this.hanging = true;
    for (const sockets of this.pairs) sockets.forEach((socket) => socket.pause());
  }

  async restore(): Promise<void> {
    this.hanging = false;
    for (const sockets of this.pairs) sockets.forEach((socket) => socket.resume());
    if (this.server === undefined) await this.listen(this.port);
  }

  private join(client: Socket): void {
    const server = connect(this.targetPort, this.host);
    const pair = [client, server] as const;
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      pair.forEach((socket) => socket.destroy());
    };
    for (const [from, to] of [pair, [server, client] as const]) {
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('error', end);
      from.on('close', end);
      if (this.hanging) from.pause();
    }
  }
}
