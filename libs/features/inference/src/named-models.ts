import type { ServedModel } from './served-model.js';

/** Versions other than Production kept loaded, least recently asked for out first. */
const CAPACITY = 8;

/** Models asked for by name. Callers who ask for the same one while it loads share one load; a failure is not kept. */
export class NamedModels {
  private readonly models = new Map<string, Promise<ServedModel>>();
  private readonly loaded = new Map<string, ServedModel>();

  constructor(private readonly evicted: (served: ServedModel) => void) {}

  all(): ServedModel[] {
    return [...this.loaded.values()];
  }

  async get(key: string, load: () => Promise<ServedModel>): Promise<ServedModel> {
    const known = this.models.get(key) ?? this.start(key, load);
    this.models.delete(key);
    this.models.set(key, known);
    this.evict();
    return known;
  }

  private start(key: string, load: () => Promise<ServedModel>): Promise<ServedModel> {
    const loading = load();
    loading.then(
      (served) => this.loaded.set(key, served),
      () => this.models.delete(key),
    );
    return loading;
  }

  /** Models still loading stay: their callers wait for them. */
  private evict(): void {
    for (const key of [...this.models.keys()]) {
      const served = this.loaded.get(key);
      if (this.models.size <= CAPACITY) return;
      if (served === undefined) continue;
      this.models.delete(key);
      this.loaded.delete(key);
      this.evicted(served);
    }
  }
}
