import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { storeConformance } from '../conformance.ts';
import { openEmbeddedStore } from './embedded-store.ts';

const home = mkdtempSync(join(tmpdir(), 'navarch-embedded-store-'));
after(() => rmSync(home, { recursive: true }));

storeConformance('embedded', (options) => openEmbeddedStore({ ...options, directory: mkdtempSync(join(home, 'store-')) }));
