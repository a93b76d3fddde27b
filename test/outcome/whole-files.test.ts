import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/fleet/input-error.js';
import { withFolderLock } from '../../src/outcome/folder-lock.js';
import { checkOutputFolder, textFile, writeWholeFiles } from '../../src/outcome/whole-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function* takingAway(prefix: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix)) rmSync(join(folder, name));
  }
  yield 'new';
}

describe('writeWholeFiles', () => {
  it('makes the folder and leaves nothing but the files', async () => {
    const out = join(folder, 'a/b');
    await writeWholeFiles(out, [textFile('one.csv', '1\n'), textFile('two.csv', '2\n')]);
    expect(readdirSync(out).sort()).toEqual(['one.csv', 'two.csv']);
    expect(readFileSync(join(out, 'two.csv'), 'utf8')).toBe('2\n');
  });

  it('takes away what a killed process left half-written, and nothing that is being written', async () => {
    const [left, written] = ['.one.csv.1-0123abcd.tmp', '.one.csv.1-0123abce.tmp'];
    write(left, 'half');
    write(written, 'half');
    const hoursAgo = Date.now() / 1000 - 7200;
    utimesSync(join(folder, left), hoursAgo, hoursAgo);
    await writeWholeFiles(folder, [textFile('one.csv', 'new')]);
    expect(readdirSync(folder).sort()).toEqual([written, 'one.csv']);
  });

  it('takes a lock with its own process number for an earlier one’s, as in a container', async () => {
    write('.sluice-writes', String(process.pid));
    await writeWholeFiles(folder, [textFile('one.csv', 'new')]);
    expect(readdirSync(folder)).toEqual(['one.csv']);
  });

  it('leaves the lock of another machine alone for as long as its owner touches it', async () => {
    const lock = () => withFolderLock(folder, '.lock', 0, async () => 'done');
    write('.lock', `${process.pid} another-machine`);
    await expect(lock()).rejects.toThrow(`process ${process.pid} on another-machine writes here`);
    const minutesAgo = Date.now() / 1000 - 180;
    utimesSync(join(folder, '.lock'), minutesAgo, minutesAgo);
    expect(await lock()).toBe('done');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps every older file when one of the new ones fails', async () => {
    writeFileSync(join(folder, 'one.csv'), 'old');
    const broken = { name: 'two.csv', content: () => Readable.from(failing()) };
    await expect(writeWholeFiles(folder, [textFile('one.csv', 'new'), broken])).rejects.toThrow(
      'half way',
    );
    expect(readdirSync(folder)).toEqual(['one.csv']);
    expect(readFileSync(join(folder, 'one.csv'), 'utf8')).toBe('old');
  });

  it('keeps every older file when it is aborted while it writes', async () => {
    writeFileSync(join(folder, 'one.csv'), 'old');
    const controller = new AbortController();
    const endless = { name: 'two.csv', content: () => Readable.from(abortingRows(controller)) };
    const files = [textFile('one.csv', 'new'), endless];
    await expect(writeWholeFiles(folder, files, controller.signal)).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['one.csv']);
    expect(readFileSync(join(folder, 'one.csv'), 'utf8')).toBe('old');
  });

  it('leaves no seal where it is stopped between two files, and clears what another run left', async () => {
    for (const name of ['rows.csv', 'seal.csv', 'page.html']) write(name, 'old');
    const onePiece = { seal: 'seal.csv', others: ['page.html', 'rows.csv'] };
    const files = ['seal.csv', 'rows.csv'].map((name) => textFile(name, 'new'));
    // Its content takes a file away that is ready to be renamed: a crash at that moment.
    const thief = { name: 'thief.csv', content: () => Readable.from(takingAway('.lost.csv')) };
    const stopped = [...files, textFile('lost.csv', 'new'), thief];
    await expect(writeWholeFiles(folder, stopped, undefined, onePiece)).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['rows.csv']);
    write('page.html', 'old');
    await writeWholeFiles(folder, files, undefined, onePiece);
    expect(readdirSync(folder).sort()).toEqual(['rows.csv', 'seal.csv']);
    expect(readFileSync(join(folder, 'rows.csv'), 'utf8')).toBe('new');
  });

  it('renames nothing when a folder stands where a file should go', async () => {
    mkdirSync(join(folder, 'two.csv'));
    const files = [textFile('one.csv', '1'), textFile('two.csv', '2')];
    await expect(writeWholeFiles(folder, files)).rejects.toThrow(InputError);
    expect(readdirSync(folder)).toEqual(['two.csv']);
  });
});

describe('checkOutputFolder', () => {
  it('passes a folder that is there or can be made, and makes nothing', async () => {
    await checkOutputFolder(folder);
    await checkOutputFolder(join(folder, 'not/yet'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a file in the way, by name and in one line', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')]) {
      const error = await checkOutputFolder(path).then(
        () => null,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(InputError);
      expect(String(error)).toMatch(/file.*a folder is needed here$/);
      expect(String(error)).not.toContain('\n');
    }
  });
});

function* failing(): Generator<string> {
  yield 'first';
  throw new Error('half way');
}

function* abortingRows(controller: AbortController): Generator<string> {
  yield 'first';
  controller.abort();
  for (;;) yield 'more';
}
