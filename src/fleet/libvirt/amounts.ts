/** Numbers with libvirt's units (its XML's scaled integers: virStrToScaledInteger, KiB without one). */
import { quoteShort } from '../source-document.js';
import { type XmlElement, xmlError } from './xml-tree.js';

const PREFIXES = ['', 'k', 'm', 'g', 't', 'p', 'e'];

/** Bytes of one unit: `b`, `bytes`, `KB` (1,000), `KiB`, `K` (1,024), …, in any case; null: none. */
function unitBytes(unit: string): number | null {
  const plain = unit.toLowerCase();
  if (plain === 'b' || plain === 'byte' || plain === 'bytes') return 1;
  const [, prefix = '', ending = ''] = /^([kmgtpe])(ib|b)?$/.exec(plain) ?? [];
  const power = PREFIXES.indexOf(prefix);
  if (power < 1) return null;
  return ending === 'b' ? 1000 ** power : 1024 ** power;
}

/** @throws InputError unless it is a whole number above 0, of a unit, below 2^53 bytes */
export function bytesOf(element: XmlElement, text: string): number {
  const unit = element.attributes.unit ?? 'KiB';
  const scale = unitBytes(unit);
  if (scale === null) {
    throw xmlError(element, `unit ${quoteShort(unit)} is not one of b, KiB, MiB, GiB, TiB`);
  }
  const bytes = wholeOf(element, text) * scale;
  if (bytes > Number.MAX_SAFE_INTEGER) {
    throw xmlError(element, `${quoteShort(text)} ${unit} is more than 8 PiB`);
  }
  return bytes;
}

/** @throws InputError unless it is a whole number above 0 */
export function wholeOf(element: XmlElement, text: string): number {
  const plain = text.trim();
  const value = /^\d{1,20}$/.test(plain) ? Number(plain) : 0;
  if (value > 0) return value;
  throw xmlError(element, `${quoteShort(plain)} is not a whole number above 0`);
}
