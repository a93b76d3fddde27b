/** Bytes of an input file or of standard input, within limits, with one-line answers to all else. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { InputError } from '../input-error.js';

/** 150 MB of text: a dump of some 15,000 guests; parsed it needs about a gigabyte of memory. */
const MAX_TEXT_BYTES = 150_000_000;

const gunzipAsync = promisify(gunzip);

/**
 * Reads a whole input, decompressing what starts with gzip's magic number.
 * @param file a path, or `-` for standard input
 * @throws InputError for what is missing, unreadable, not a file, too large or a broken gzip
 */
export async function readInputBytes(file: string): Promise<Buffer> {
  const bytes = file === '-' ? await readStream(file, process.stdin) : await readFile(file);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? decompress(file, bytes) : bytes;
}

async function readFile(file: string): Promise<Buffer> {
  if (file.includes('\0')) throw new InputError(file, '', 'not a file name');
  try {
    const status = await stat(file);
    if (status.isDirectory()) throw new InputError(file, '', 'is a directory, not a file');
    // A named pipe without a writer would wait for ever; the shell's own (<(...)) has one.
    if (status.isFIFO() && !/^\/(dev|proc)\//.test(file)) {
      throw new InputError(file, '', 'is a named pipe, not a file; use - to read standard input');
    }
    if (!status.isFile() && !status.isFIFO()) {
      throw new InputError(file, '', 'is a device or socket, not a file');
    }
    if (status.size > MAX_TEXT_BYTES) throw tooLarge(file, `file is ${megabytes(status.size)}`);
    if (status.isFIFO()) return await readStream(file, createReadStream(file));
    return await readHandle(await open(file, 'r'), status.size);
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(file, '', reason(error));
  }
}

async function readHandle(handle: FileHandle, size: number): Promise<Buffer> {
  try {
    const buffer = Buffer.allocUnsafe(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await handle.read(buffer, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

async function readStream(file: string, stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > MAX_TEXT_BYTES) throw tooLarge(file, 'input is longer');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length);
}

async function decompress(file: string, bytes: Buffer): Promise<Buffer> {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: MAX_TEXT_BYTES, chunkSize: 1 << 20 });
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file, 'decompresses to more');
    if (code === 'Z_BUF_ERROR') {
      throw new InputError(file, '', 'gzip stream ends early (file cut off?)');
    }
    throw new InputError(file, '', `gzip stream is damaged: ${reason(error)}`);
  }
}

function tooLarge(file: string, what: string): InputError {
  return new InputError(file, '', `${what}, the limit is ${megabytes(MAX_TEXT_BYTES)}`);
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reason(error: unknown): string {
  const code = errorCode(error);
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    ENOTDIR: 'no such file (a part of the path is not a directory)',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EISDIR: 'is a directory, not a file',
    ELOOP: 'symbolic link that leads back to itself',
    ENAMETOOLONG: 'file name is too long',
  };
  return known[code] ?? (error instanceof Error ? error.message : String(error));
}
