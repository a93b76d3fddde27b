import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCounters } from '../../src/eta/read-counters.js';
import { readPastMigrations } from '../../src/fleet/dump/past-migrations.js';
import { InputError } from '../../src/fleet/input-error.js';
import { decodeText } from '../../src/fleet/load/decode-text.js';
import { loadDocument } from '../../src/fleet/load/document.js';
import { readGuestTable } from '../../src/fleet/load/guest-table.js';
import { readInputBytes } from '../../src/fleet/load/read-bytes.js';
import { sharedData } from '../shared-data.js';

const folder = sharedData('bad-inputs');
const files = folder === null ? [] : readdirSync(folder).filter((name) => /^\d/.test(name));

/** What reads each of the files that `backtest`, `eta` and a table of guests are given. */
const ENTRIES: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  'backtest --history': async (file) => readPastMigrations([await loadDocument(file)]),
  'eta --counters': async (file) =>
    readCounters(file, decodeText(file, await readInputBytes(file)), ''),
  'a table of guests': async (file) =>
    readGuestTable(file, new TextDecoder().decode(await readInputBytes(file))),
};

describe.skipIf(folder === null)('bad inputs at other entries (skipped without data)', () => {
  it.each(Object.keys(ENTRIES))('%s answers each in one line', async (entry) => {
    for (const name of files) {
      const problem = await ENTRIES[entry]?.(`${folder}/${name}`).then(
        () => null,
        (error: unknown) => error,
      );
      // None of the files holds a migration, counters or a table that is whole.
      expect(problem, name).toBeInstanceOf(InputError);
      expect((problem as InputError).message, name).toMatch(/^[^\n]+$/);
      expect((problem as InputError).message.length, name).toBeLessThan(1000);
    }
  });
});
