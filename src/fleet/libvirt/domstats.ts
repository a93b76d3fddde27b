/** The text of `virsh domstats`, once or again and again in one file. */
import { InputError } from '../input-error.js';
import { quoteShort } from '../source-document.js';

const KIB_BYTES = 1024;
const MIB_BYTES = 1_048_576;

/** Of several samples of one domain, dirty rates are all kept, of the rest the last. */
export interface DomainStats {
  readonly file: string;
  readonly name: string;
  readonly dirtyRates: readonly MeasuredRate[];
  readonly vcpus: number | null;
  /** Resident memory of QEMU's process (huge pages are not in it). */
  readonly residentBytes: number | null;
  /** What the balloon leaves to the guest. */
  readonly balloonBytes: number | null;
  /** Sizes of its disks, by their name in the guest. */
  readonly diskBytes: ReadonlyMap<string, number>;
  /** state.state 5 (VIR_DOMAIN_SHUTOFF). */
  readonly isShutOff: boolean;
}

export interface MeasuredRate {
  readonly windowSeconds: number;
  readonly bytesPerSecond: number;
}

const TITLE = /^Domain: '(.+)'$/;
const ROW = /^([^\s=]+)=(.*)$/;
const SHUT_OFF = 5;
/** dirtyrate.calc_status: VIR_DOMAIN_DIRTYRATE_MEASURED. */
const MEASURED = 2;

export function isDomstats(text: string): boolean {
  return /^\s*Domain: '/.test(text.slice(0, 1000));
}

interface Block {
  readonly name: string;
  readonly rows: Map<string, { readonly text: string; readonly line: number }>;
}

/** @throws InputError with the line */
export function readDomstats(file: string, text: string): readonly DomainStats[] {
  const byName = new Map<string, Block[]>();
  let block: Block | null = null;
  text.split('\n').forEach((line, i) => {
    const row = line.trim();
    if (row === '') return;
    const [, title] = TITLE.exec(row) ?? [];
    const [, key, value] = ROW.exec(row) ?? [];
    if (title !== undefined) {
      block = { name: title, rows: new Map() };
      byName.set(title, [...(byName.get(title) ?? []), block]);
    } else if (block !== null && key !== undefined && value !== undefined) {
      block.rows.set(key, { text: value, line: i + 1 });
    } else {
      const problem = `${quoteShort(row)} is not a line of domstats (Domain: 'name', or key=value)`;
      throw new InputError(file, '', problem, { line: i + 1, column: 1 });
    }
  });
  return [...byName].map(([name, blocks]) => statsOf(file, name, blocks));
}

function statsOf(file: string, name: string, blocks: readonly Block[]): DomainStats {
  const last = new Map(blocks.flatMap(({ rows }) => [...rows]));
  const number = (key: string) => numberOf(file, name, last, key);
  const kibibytes = (key: string): number | null => {
    const value = number(key);
    return value === null ? null : value * KIB_BYTES;
  };
  return {
    file,
    name,
    dirtyRates: blocks.flatMap(({ rows }) => rateOf(file, name, rows)),
    vcpus: number('vcpu.current'),
    residentBytes: kibibytes('balloon.rss'),
    balloonBytes: kibibytes('balloon.current'),
    diskBytes: diskSizes(last, number),
    isShutOff: number('state.state') === SHUT_OFF,
  };
}

function rateOf(file: string, name: string, rows: Block['rows']): readonly MeasuredRate[] {
  const rate = numberOf(file, name, rows, 'dirtyrate.megabytes_per_second');
  const status = numberOf(file, name, rows, 'dirtyrate.calc_status') ?? MEASURED;
  if (rate === null || status !== MEASURED) return [];
  const period = numberOf(file, name, rows, 'dirtyrate.calc_period') ?? 1;
  // QEMU's megabytes are MiB.
  return [{ windowSeconds: Math.max(1, period), bytesPerSecond: rate * MIB_BYTES }];
}

function diskSizes(
  rows: Block['rows'],
  number: (key: string) => number | null,
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const [key, { text }] of rows) {
    const [, index] = /^block\.(\d+)\.name$/.exec(key) ?? [];
    const bytes = index === undefined ? null : number(`block.${index}.capacity`);
    if (bytes !== null) sizes.set(text, bytes);
  }
  return sizes;
}

function numberOf(file: string, name: string, rows: Block['rows'], key: string): number | null {
  const row = rows.get(key);
  if (row === undefined) return null;
  const value = /^\d{1,20}(\.\d+)?$/.test(row.text) ? Number(row.text) : Number.NaN;
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  const problem = `${quoteShort(row.text)} is not a number of 0 or more`;
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  throw new InputError(file, `${shown}: ${key}`, problem, { line: row.line, column: 1 });
}
