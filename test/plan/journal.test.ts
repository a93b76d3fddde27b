import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/plan/journal.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const replica = (n: number) => ({ figures: [n, null, n / 3], observed: [], detail: null });

async function written(path: string, count: number): Promise<void> {
  const journal = await openJournal({ path, digest: 'd', resume: false });
  for (let n = 0; n < count; n += 1) journal.append(`s/${n}`, replica(n));
  await journal.close();
}

describe('the journal', () => {
  it('gives back what was appended, exactly and once', async () => {
    const path = join(folder, 'j');
    await written(path, 3);
    const journal = await openJournal({ path, digest: 'd', resume: true });
    expect(journal.found).toBe(3);
    expect(journal.take('s/2')).toEqual(replica(2));
    expect(journal.take('s/2')).toBeUndefined();
    expect(journal.take('s/3')).toBeUndefined();
    await journal.remove();
    const anew = await openJournal({ path, digest: 'd', resume: true });
    expect(anew.found).toBe(0);
    await anew.close();
  });

  it('survives a cut anywhere, and goes on behind the last whole line', async () => {
    const path = join(folder, 'j');
    await written(path, 3);
    const whole = readFileSync(path);
    const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1);
    // Around every line's end, and here and there within.
    const cuts = [0, 7, ...ends.flatMap((end) => [end - 1, end, end + 1, end + 9])];
    for (const cut of cuts) {
      writeFileSync(path, whole.subarray(0, cut));
      const journal = await openJournal({ path, digest: 'd', resume: true });
      expect(journal.found).toBe(Math.max(0, ends.filter((end) => end <= cut).length - 1));
      journal.append('s/9', replica(9));
      await journal.close();
      const again = await openJournal({ path, digest: 'd', resume: true });
      expect(again.take('s/9')).toEqual(replica(9));
      await again.close();
    }
  });

  it("refuses another fleet's, and a damaged one", async () => {
    const path = join(folder, 'j');
    await written(path, 2);
    const opening = (digest: string) => openJournal({ path, digest, resume: true });
    await expect(opening('other')).rejects.toThrow(/belongs to another fleet/);
    const whole = readFileSync(path, 'utf8');
    const [, line = ''] = whole.split('\n');
    // A figure that is another one is no less damaged than a line that is no JSON.
    for (const other of ['null', '5', line.slice(1), line.replace('[0,', '[7,'), line.slice(9)]) {
      writeFileSync(path, whole.replace(line, other));
      await expect(opening('d'), other).rejects.toThrow(/2:1: is damaged/);
    }
    await (await openJournal({ path, digest: 'other', resume: false })).close();
    const anew = await opening('other');
    expect(anew.found).toBe(0);
    await anew.close();
  });
});
