/** Work that never overlaps itself: asked for while it runs, it runs once more afterwards, however often it was asked. */
export class SerialTask {
  private running: Promise<void> | undefined;
  private isWanted = false;
  private isStopped = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  request(): void {
    if (this.isStopped) return;
    this.isWanted = true;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
  }

  /** Takes no more requests and waits for the run under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.isWanted = false;
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.take()) await this.work().catch(this.onError);
  }

  private take(): boolean {
    const wanted = this.isWanted;
    this.isWanted = false;
    return wanted;
  }
}
