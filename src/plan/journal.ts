/**
 * The journal of finished replicas: what an interrupted sweep or plan goes on from. Only appended
 * to, a line a replica, flushed to disk before the next ones are written. A process that is killed
 * at any moment leaves whole lines and at most one torn one at the end, which is cut off.
 */
import { createHash } from 'node:crypto';
import { constants, type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { InputError } from '../fleet/input-error.js';
import { outputProblem } from '../outcome/whole-files.js';
import type { Replica } from './replica.js';

export interface ReplicaJournal {
  /** How many replicas it held when it was opened. */
  readonly found: number;
  /** Hands a replica out, once: what thousands of them hold does not stay in memory. */
  readonly take: (key: string) => Replica | undefined;
  readonly append: (key: string, replica: Replica) => void;
  /** Resolves when all that was appended is on disk. @throws InputError when the disk refuses */
  readonly close: () => Promise<void>;
  /** All is done and its results are written: the file goes. */
  readonly remove: () => Promise<void>;
}

interface JournalRequest {
  readonly path: string;
  /** Of all that decides about its replicas beside scenario and seed. */
  readonly digest: string;
  /** False: what stands there is begun anew. */
  readonly resume: boolean;
}

/** 2: lines have a checksum. */
const FORMAT = 2;
const CHECKSUM_DIGITS = 8;

/**
 * Opens or begins a journal.
 * @throws InputError when it is another fleet's, damaged, or cannot be written
 */
export async function openJournal(request: JournalRequest): Promise<ReplicaJournal> {
  const { path, digest, resume } = request;
  const before = resume ? await readJournal(path, digest) : null;
  // What lies behind a link is not ours to cut off.
  const { O_CREAT, O_NOFOLLOW, O_RDWR, O_TRUNC } = constants;
  const begun = O_RDWR | O_CREAT | O_TRUNC;
  const file = await open(path, (before === null ? begun : O_RDWR) | O_NOFOLLOW).catch((error) => {
    throw outputProblem(path, error);
  });
  const known = before?.replicas ?? new Map<string, Replica>();
  const found = known.size;
  const writer = createWriter(file, path, before?.wholeBytes ?? 0);
  if (before === null) writer.write(JSON.stringify({ sluiceJournal: FORMAT, digest }));
  else await file.truncate(before.wholeBytes);
  return {
    found,
    take: (key) => {
      const replica = known.get(key);
      known.delete(key);
      return replica;
    },
    append: (key, replica) => writer.write(entryLine(key, replica)),
    close: writer.close,
    remove: async () => {
      await writer.close();
      await rm(path, { force: true });
    },
  };
}

interface WholeLines {
  readonly replicas: Map<string, Replica>;
  /** Where the last whole line ends. */
  readonly wholeBytes: number;
}

/** null when there is none, or its very first line is torn. */
async function readJournal(path: string, digest: string): Promise<WholeLines | null> {
  // A named pipe would be waited for.
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => true,
  );
  if (!isFile) throw new InputError(path, '', 'is no file: the journal cannot be written here');
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw outputProblem(path, error);
  });
  if (content === null) return null;
  const wholeBytes = content.lastIndexOf('\n') + 1;
  if (wholeBytes === 0) return null;
  const [first = '', ...lines] = content.toString('utf8', 0, wholeBytes - 1).split('\n');
  const header = parseLine(path, 1, first) as { sluiceJournal?: unknown; digest?: unknown };
  if (header?.sluiceJournal !== FORMAT || header.digest !== digest) {
    const problem =
      'belongs to another fleet, other options or another version of sluice; without --resume all is begun anew';
    throw new InputError(path, '', problem);
  }
  const entries = lines.map((line, index) => readEntry(path, index + 2, line));
  return { replicas: new Map(entries), wholeBytes };
}

/** A line is `CHECKSUM [KEY,REPLICA]`: what a disk or an editor has changed is not taken for a result. */
function entryLine(key: string, replica: Replica): string {
  const text = JSON.stringify([key, replica]);
  return `${checksum(text)} ${text}`;
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, CHECKSUM_DIGITS);
}

function readEntry(path: string, line: number, entry: string): readonly [string, Replica] {
  const text = entry.slice(CHECKSUM_DIGITS + 1);
  if (entry.slice(0, CHECKSUM_DIGITS + 1) !== `${checksum(text)} `) throw damaged(path, line);
  return parseLine(path, line, text) as readonly [string, Replica];
}

function parseLine(path: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path, line);
  }
}

function damaged(path: string, line: number): InputError {
  const problem = 'is damaged; without --resume all is begun anew';
  return new InputError(path, '', problem, { line, column: 1 });
}

/** Lines that come while others are flushed go out together in the next write. */
function createWriter(file: FileHandle, path: string, startAt: number) {
  let waiting: string[] = [];
  let position = startAt;
  let failure: NodeJS.ErrnoException | null = null;
  let flushing: Promise<void> | null = null;
  const flush = async (): Promise<void> => {
    try {
      while (waiting.length > 0) {
        const bytes = Buffer.from(`${waiting.join('\n')}\n`);
        waiting = [];
        for (let from = 0; from < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, from, bytes.length - from, position);
          from += bytesWritten;
          position += bytesWritten;
        }
        await file.datasync();
      }
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
    }
    flushing = null;
  };
  return {
    write: (line: string): void => {
      if (failure !== null) throw outputProblem(path, failure);
      waiting.push(line);
      flushing ??= flush();
    },
    close: async (): Promise<void> => {
      await flushing;
      await file.close();
      if (failure !== null) throw outputProblem(path, failure);
    },
  };
}
