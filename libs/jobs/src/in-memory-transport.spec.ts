import { InMemoryTransport } from './in-memory-transport.js';
import { describeJobTransport } from './testing/job-transport.contract.js';

describeJobTransport('InMemoryTransport', async () => new InMemoryTransport());
