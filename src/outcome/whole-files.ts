/**
 * Files that appear whole or not at all: each is written beside its place under a temporary name
 * and flushed to disk; only when all are whole are they renamed, one after the other. Of a folder that
 * is to be of one piece the seal goes first and comes last: where it is, all is of one writing.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../fleet/input-error.js';
import { withFolderLock } from './folder-lock.js';

export interface WholeFile {
  /** Name within the folder. */
  readonly name: string;
  readonly content: () => Readable;
}

const LOCK = '.sluice-writes';
const LOCK_WAIT_MS = 10_000;
/** Another run may be writing here: its first file waits for its last one, not for so long. */
const LEFTOVER_MS = 3_600_000;
/** Rows that wait for the disk: so many bytes go at once. */
const BUFFER_BYTES = 2 ** 20;

/** Text as the content of one file. */
export function textFile(name: string, text: string): WholeFile {
  return { name, content: () => Readable.from([text]) };
}

/**
 * Says before hours of simulation what would fail after them. Makes nothing.
 * @throws InputError when the folder, or the nearest one above it that exists, cannot be written to.
 */
export async function checkOutputFolder(folder: string): Promise<void> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw outputProblem(folder, error);
    });
    if (found === null) continue;
    if (!found.isDirectory()) throw new InputError(path, '', 'is a file, a folder is needed here');
    await access(path, constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
      throw outputProblem(path, error);
    });
    return;
  }
}

/** What makes the files of a folder one piece. */
export interface OnePiece {
  /** The name of the file without which the folder is not whole. */
  readonly seal: string;
  /** Files that an earlier writing may have left and that this one does not write. */
  readonly others: readonly string[];
}

/**
 * Writes all files into the folder (made when missing), or none of them.
 * @throws InputError when the disk or the rights do not allow it; the signal's reason on abort.
 */
export async function writeWholeFiles(
  folder: string,
  files: readonly WholeFile[],
  signal?: AbortSignal,
  onePiece: OnePiece | null = null,
): Promise<void> {
  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  const temporary = (file: WholeFile): string => join(folder, `.${file.name}.${suffix}`);
  try {
    await mkdir(folder, { recursive: true });
    const names = files.map(({ name }) => name);
    await removeLeftovers(folder, names, LEFTOVER_MS);
    for (const file of files) await writeFlushed(temporary(file), file, signal);
    signal?.throwIfAborted();
    // The files of two runs that end together stay apart: one run's, then the other's.
    await withFolderLock(folder, LOCK, LOCK_WAIT_MS, async () => {
      await refuseFolders(folder, files);
      if (onePiece !== null) await breakSeal(folder, files, onePiece);
      const isSeal = ({ name }: WholeFile): boolean => name === onePiece?.seal;
      const inOrder = [...files.filter((file) => !isSeal(file)), ...files.filter(isSeal)];
      for (const file of inOrder) await rename(temporary(file), join(folder, file.name));
    });
  } catch (error) {
    for (const file of files) await rm(temporary(file), { force: true }).catch(() => {});
    signal?.throwIfAborted();
    throw isSystemError(error) ? outputProblem(folder, error) : error;
  }
}

/** From here on until the seal is back, a crash leaves a folder that is seen not to be whole. */
async function breakSeal(
  folder: string,
  files: readonly WholeFile[],
  { seal, others }: OnePiece,
): Promise<void> {
  await rm(join(folder, seal), { force: true });
  const written = new Set(files.map(({ name }) => name));
  for (const name of others.filter((one) => !written.has(one))) {
    // What is there under this name and is no file was not ours.
    await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

/**
 * Removes what a process that was killed while it wrote left beside the files of these names: what
 * nobody has written to for so long. (Its number says nothing: containers that share a folder have
 * the same ones.)
 */
export async function removeLeftovers(
  folder: string,
  names: readonly string[],
  forMs: number,
): Promise<void> {
  for (const entry of await readdir(folder).catch(() => [])) {
    const name = /^\.(.+)\.\d+-[0-9a-f]{8}\.tmp$/.exec(entry)?.[1];
    if (name === undefined || !names.includes(name)) continue;
    const path = join(folder, entry);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs >= forMs) await rm(path, { force: true });
  }
}

async function writeFlushed(path: string, file: WholeFile, signal?: AbortSignal): Promise<void> {
  const target = createWriteStream(path, { flags: 'wx', flush: true, highWaterMark: BUFFER_BYTES });
  await pipeline(file.content(), target, ...(signal === undefined ? [] : [{ signal }]));
}

/** A rename onto a folder would fail when others have been renamed already. */
async function refuseFolders(folder: string, files: readonly WholeFile[]): Promise<void> {
  for (const file of files) {
    const path = join(folder, file.name);
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory()) {
      throw new InputError(path, '', 'is a folder, and a file of this name is to be written');
    }
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** A refusal of the disk or of the rights, as the one line that a person is told. */
export function outputProblem(path: string, error: NodeJS.ErrnoException): InputError {
  return new InputError(error.path ?? path, '', problemOf(error));
}

function problemOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOTDIR':
    case 'EEXIST':
      return 'is a file, a folder is needed here';
    case 'EISDIR':
      return 'is a folder, a file is needed here';
    case 'EACCES':
    case 'EPERM':
      return 'no right to write here';
    case 'EROFS':
      return 'is on a read-only file system';
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return 'no room left on the disk';
    case 'ELOOP':
      return 'is a symbolic link, or one that leads to itself';
    case 'ENAMETOOLONG':
      return 'the name is too long';
    default:
      return `cannot be written (${error.code ?? error.message})`;
  }
}
