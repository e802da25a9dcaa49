import { MemoryStorage } from '../../../src/platform/memory/memory-storage.ts';
import { describeStorage } from './storage-suite.ts';

const storage = new MemoryStorage();
describeStorage('MemoryStorage', async () => storage);
