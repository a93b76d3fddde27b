/** Bytes to text: UTF-8 only, checked, never half-decoded. */
import { InputError } from '../input-error.js';

/**
 * @throws InputError as `decodeUtf8` does, and for what plainly is no data file (HTML, a kubectl
 *   error, CSV)
 */
export function decodeText(file: string, bytes: Uint8Array): string {
  const text = decodeUtf8(file, bytes);
  refuseOtherFormats(file, text);
  return refuseTable(file, text);
}

/** The text, unless it is a table. @throws InputError */
export function refuseTable(file: string, text: string): string {
  if (!isTable(text)) return text;
  const line = firstLineOf(text).slice(0, 80);
  const problem = `neither JSON nor YAML objects: looks like CSV (line 1: ${line})`;
  throw new InputError(file, '', problem);
}

/** The same, where a table (CSV) or a libvirt host's files are welcome too. @throws InputError */
export function decodeAnyText(file: string, bytes: Uint8Array): string {
  const text = decodeUtf8(file, bytes);
  if (!isDomainXml(text)) refuseOtherFormats(file, text);
  return text;
}

/** @throws InputError for an empty file, UTF-16/32, bytes that are not UTF-8 (with their offset) */
export function decodeUtf8(file: string, bytes: Uint8Array): string {
  if (bytes.length === 0) throw new InputError(file, '', 'file is empty');
  const wide = wideEncoding(bytes);
  if (wide !== null) throw new InputError(file, '', `file is ${wide}; save it as UTF-8`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const offset = firstInvalidByte(bytes);
    throw new InputError(file, '', `not valid UTF-8 at byte offset ${offset}`);
  }
  if (text.trim() === '') throw new InputError(file, '', 'file holds only white space');
  return text;
}

function wideEncoding(bytes: Uint8Array): string | null {
  const [a, b, c, d] = bytes;
  if (
    (a === 0 && b === 0 && c === 0xfe && d === 0xff) ||
    (a === 0xff && b === 0xfe && c === 0 && d === 0)
  ) {
    return 'UTF-32';
  }
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'UTF-16';
  // Without a byte-order mark: ASCII in UTF-16 has a zero in every other byte.
  if (bytes.length >= 4 && ((a === 0 && c === 0 && b !== 0) || (b === 0 && d === 0 && a !== 0))) {
    return 'UTF-16';
  }
  return null;
}

/** Offset of the first sequence that is not UTF-8, found by halving: only after a failure. */
function firstInvalidByte(bytes: Uint8Array): number {
  const isValidPrefix = (length: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1;
    if (isValidPrefix(middle)) valid = middle;
    else invalid = middle;
  }
  // `valid` bytes may end inside a sequence: step back to where that sequence began.
  let offset = Math.min(valid, bytes.length - 1);
  while (offset > 0 && ((bytes[offset] ?? 0) & 0xc0) === 0x80 && valid - offset < 3) offset -= 1;
  return ((bytes[offset] ?? 0) & 0xc0) === 0xc0 ? offset : valid;
}

function refuseOtherFormats(file: string, text: string): void {
  const firstLine = firstLineOf(text);
  if (/^<(!doctype|html|\?xml|head|body)/i.test(firstLine)) {
    throw new InputError(file, '', 'neither JSON nor YAML objects: looks like HTML or XML');
  }
  if (
    /^(error: |Error from server|Unable to connect|The connection to the server|No resources found|Warning: )/.test(
      firstLine,
    )
  ) {
    throw new InputError(
      file,
      '',
      `no Kubernetes objects: line 1 is a kubectl message (${firstLine.slice(0, 80)})`,
    );
  }
}

/** True for what begins with a line of words between commas. */
export function isTable(text: string): boolean {
  return /^[\w "]+(,[\w "]+)+\s*$/.test(firstLineOf(text));
}

/** True for what `virsh dumpxml` writes, also behind a declaration or libvirt's own comment. */
export function isDomainXml(text: string): boolean {
  const start = text.slice(0, 10_000).replace(/<!--[\s\S]*?-->|<\?xml[^>]*>/g, '');
  return /^\s*<domains?[\s>]/.test(start);
}

function firstLineOf(text: string): string {
  return /\S[^\r\n]*/.exec(text.slice(0, 10_000))?.[0] ?? '';
}
