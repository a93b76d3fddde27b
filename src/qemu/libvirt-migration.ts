/**
 * libvirt's migration flags and parameters as QEMU's capabilities and parameters, and back
 * (spec/qemu.md 7.2). What has no counterpart in QEMU (LIVE, PERSIST_DEST, mirrors) passes by.
 */
import { isAtLeast, type QemuVersion } from './version.js';

/** Without `VIR_MIGRATE_`; the flags that decide about QEMU's settings. */
const QEMU_FLAGS = [
  'AUTO_CONVERGE',
  'COMPRESSED',
  'PARALLEL',
  'POSTCOPY',
  'TLS',
  'TUNNELLED',
  'ZEROCOPY',
] as const;
export type QemuFlag = (typeof QEMU_FLAGS)[number];

/** False for flags that say nothing about QEMU's settings. */
export function isQemuFlag(flag: string): flag is QemuFlag {
  return (QEMU_FLAGS as readonly string[]).includes(flag);
}

type LibvirtCompression = 'xbzrle' | 'mt' | 'zlib' | 'zstd';

/** virDomainMigrate3's typed parameters, by the end of their names; unset ones are left out. */
export interface LibvirtMigration {
  /** In any order; other flags say nothing about QEMU's settings. */
  readonly flags: readonly QemuFlag[];
  /** MiB/s; 0 or unset: no limit. */
  readonly bandwidth?: number;
  readonly bandwidthPostcopy?: number;
  /** From 11.3 on. */
  readonly bandwidthAvailSwitchover?: number;
  readonly autoConvergeInitial?: number;
  readonly autoConvergeIncrement?: number;
  readonly parallelConnections?: number;
  readonly compression?: LibvirtCompression;
  readonly compressionXbzrleCache?: number;
}

/** The capabilities that libvirt turns on at the source, and the parameters that it sets. */
export interface QemuMigration {
  readonly capabilities: readonly string[];
  readonly parameters: Readonly<Record<string, number | string>>;
}

const BYTES_PER_MIB = 2 ** 20;
/** INT64_MAX in whole MiB: libvirt's "no limit", so that QEMU's 128 MiB/s never apply. */
const UNLIMITED_BYTES_PER_SECOND = 2 ** 63 - BYTES_PER_MIB;

/** The QEMU that Debian has beside libvirt 11.3, or 9.0: the pairs that the rules were read in. */
function besideLibvirt(version: QemuVersion): QemuVersion {
  return isAtLeast(version, 11, 3) ? { major: 10, minor: 0 } : { major: 7, minor: 2 };
}

/**
 * What libvirt of `version` tells the source's QEMU; both sides can do whatever their release can.
 * @throws RangeError for what libvirt or QEMU refuses: its text names flag and reason
 */
export function qemuMigration(
  libvirt: LibvirtMigration,
  version: QemuVersion,
  qemu: QemuVersion = besideLibvirt(version),
): QemuMigration {
  const compression = compressionOf(libvirt, version);
  refuse(libvirt, version);
  refuseCompression(libvirt, compression, version, qemu);
  const has = (flag: QemuFlag): boolean => libvirt.flags.includes(flag);
  const isNew = isAtLeast(version, 11, 3);
  const capabilities = ['events', 'pause-before-switchover'];
  const when = (condition: boolean, ...names: string[]): void => {
    if (condition) capabilities.push(...names);
  };
  when(!has('TUNNELLED'), 'return-path');
  when(isNew && !has('TUNNELLED'), 'switchover-ack');
  when(has('AUTO_CONVERGE'), 'auto-converge');
  when(has('POSTCOPY'), 'postcopy-ram');
  when(has('POSTCOPY') && isNew, 'postcopy-preempt');
  when(has('PARALLEL'), 'multifd');
  when(compression === 'xbzrle', 'xbzrle');
  when(compression === 'mt', 'compress');
  when(has('ZEROCOPY'), 'zero-copy-send');
  return { capabilities: capabilities.sort(), parameters: parametersOf(libvirt, compression) };
}

function parametersOf(
  libvirt: LibvirtMigration,
  compression: LibvirtCompression | null,
): Readonly<Record<string, number | string>> {
  const parameters: Record<string, number | string> = {
    'max-bandwidth': libvirt.bandwidth
      ? libvirt.bandwidth * BYTES_PER_MIB
      : UNLIMITED_BYTES_PER_SECOND,
  };
  const set = (name: string, value: number | string | undefined): void => {
    if (value !== undefined) parameters[name] = value;
  };
  const mib = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : value * BYTES_PER_MIB;
  set('max-postcopy-bandwidth', mib(libvirt.bandwidthPostcopy));
  set('avail-switchover-bandwidth', mib(libvirt.bandwidthAvailSwitchover));
  set('cpu-throttle-initial', libvirt.autoConvergeInitial);
  set('cpu-throttle-increment', libvirt.autoConvergeIncrement);
  set('multifd-channels', libvirt.parallelConnections);
  if (compression === 'zlib' || compression === 'zstd') set('multifd-compression', compression);
  set('xbzrle-cache-size', libvirt.compressionXbzrleCache);
  if (libvirt.flags.includes('TLS')) set('tls-creds', 'objlibvirt_migrate_tls0');
  return parameters;
}

/** Without PARALLEL the default is xbzrle; with it there is none (11.3), or none can be (9.0). */
function compressionOf(
  { flags, compression }: LibvirtMigration,
  version: QemuVersion,
): LibvirtCompression | null {
  if (!flags.includes('COMPRESSED') && compression === undefined) return null;
  if (compression !== undefined) return compression;
  return flags.includes('PARALLEL') && isAtLeast(version, 11, 3) ? null : 'xbzrle';
}

function refuseIf(condition: boolean, problem: string): void {
  if (condition) throw new RangeError(problem);
}

function refuse(libvirt: LibvirtMigration, version: QemuVersion): void {
  const has = (flag: QemuFlag): boolean => libvirt.flags.includes(flag);
  refuseIf(has('ZEROCOPY') && !has('PARALLEL'), 'ZEROCOPY needs PARALLEL');
  // QEMU's own check (spec 4): a channel would have to write what TLS makes of a page, not the page.
  refuseIf(has('ZEROCOPY') && has('TLS'), 'ZEROCOPY cannot have TLS, only plain channels');
  refuseIf(has('TUNNELLED') && has('PARALLEL'), 'PARALLEL cannot be TUNNELLED');
  // Not in the spec: libvirt's "post-copy is not supported with tunnelled migration"
  // (qemu_migration.c); pages could not be asked for without the return path (spec 6).
  refuseIf(has('TUNNELLED') && has('POSTCOPY'), 'POSTCOPY cannot be TUNNELLED');
  refuseIf(
    libvirt.parallelConnections !== undefined && !has('PARALLEL'),
    'parallel.connections needs PARALLEL',
  );
  refuseIf(
    (libvirt.autoConvergeInitial ?? libvirt.autoConvergeIncrement) !== undefined &&
      !has('AUTO_CONVERGE'),
    'auto_converge parameters need AUTO_CONVERGE',
  );
  refuseIf(
    libvirt.bandwidthAvailSwitchover !== undefined && !isAtLeast(version, 11, 3),
    'bandwidth.avail.switchover needs libvirt 11.3',
  );
}

function refuseCompression(
  { flags, compressionXbzrleCache }: LibvirtMigration,
  compression: LibvirtCompression | null,
  version: QemuVersion,
  qemu: QemuVersion,
): void {
  const isNew = isAtLeast(version, 11, 3);
  const isMultifds = compression === 'zlib' || compression === 'zstd';
  const isParallel = flags.includes('PARALLEL');
  const name = `compression ${compression}`;
  // Spec 4: a channel would have to write what becomes of a page, not the page.
  refuseIf(
    flags.includes('ZEROCOPY') && compression !== null,
    `ZEROCOPY cannot have ${name}, only none`,
  );
  refuseIf(isMultifds && !isParallel, `${name} needs PARALLEL`);
  refuseIf(isMultifds && !isNew, `${name} needs libvirt 11.3`);
  // Spec 4: capability `compress` is gone.
  refuseIf(
    compression === 'mt' && isAtLeast(qemu, 9, 1),
    `${name} needs QEMU older than 9.1; newer ones have xbzrle, and with PARALLEL zlib and zstd`,
  );
  // Spec 4 has QEMU refuse xbzrle from 8.x on. It says nothing of mt, which QEMU's migrate_caps_check
  // refuses from 8.0 on, nor of libvirt, which refuses both by itself since it has zlib and zstd.
  refuseIf(
    isParallel && compression !== null && !isMultifds && (isNew || isAtLeast(qemu, 8, 0)),
    `${name} cannot be PARALLEL; zlib and zstd can, from libvirt 11.3 on`,
  );
  // Not in the spec: libvirt's "Turn xbzrle compression on to tune it" (qemu_migration_params.c).
  refuseIf(
    compressionXbzrleCache !== undefined && compression !== 'xbzrle',
    'compression.xbzrle.cache needs compression xbzrle',
  );
}

const FLAG_OF_CAPABILITY: readonly (readonly [string, QemuFlag])[] = [
  ['auto-converge', 'AUTO_CONVERGE'],
  ['multifd', 'PARALLEL'],
  ['postcopy-ram', 'POSTCOPY'],
  ['zero-copy-send', 'ZEROCOPY'],
];

/** What the monitor answers: the capabilities that are on, and every parameter, booleans and all. */
interface QemuAnswers {
  readonly capabilities: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * The flags and parameters that make libvirt tell QEMU this. Capabilities that libvirt sets of its
 * own accord say nothing; those that it never sets are not told of. query-migrate-parameters shows
 * every parameter, set or not: those of a capability that is off say nothing either, and libvirt
 * would refuse them without its flag.
 */
export function libvirtMigration({ capabilities, parameters }: QemuAnswers): LibvirtMigration {
  const has = (name: string): boolean => capabilities.includes(name);
  const flags = FLAG_OF_CAPABILITY.filter(([name]) => has(name)).map(([, flag]) => flag);
  const compression = compressionIn(capabilities, parameters);
  if (compression !== null) flags.push('COMPRESSED');
  if (typeof parameters['tls-creds'] === 'string' && parameters['tls-creds'] !== '') {
    flags.push('TLS');
  }
  // Neither goes through libvirtd (spec 7.2, 6): without a return path they were not libvirt's.
  const isOnlyDirect = has('multifd') || has('postcopy-ram');
  if (!has('return-path') && !isOnlyDirect) flags.push('TUNNELLED');
  const number = (name: string): number | undefined => {
    const value = parameters[name];
    return typeof value === 'number' ? value : undefined;
  };
  const of = (capability: string, name: string): number | undefined =>
    has(capability) ? number(name) : undefined;
  /** 0 is QEMU's "no limit" and "as measured" (spec 1.1), which libvirt says by saying nothing. */
  const mib = (name: string): number | undefined => {
    const value = number(name) ?? 0;
    return value > 0 && value < UNLIMITED_BYTES_PER_SECOND ? value / BYTES_PER_MIB : undefined;
  };
  return {
    flags: flags.sort(),
    ...present('bandwidth', mib('max-bandwidth')),
    ...present('bandwidthPostcopy', mib('max-postcopy-bandwidth')),
    ...present('bandwidthAvailSwitchover', mib('avail-switchover-bandwidth')),
    ...present('autoConvergeInitial', of('auto-converge', 'cpu-throttle-initial')),
    ...present('autoConvergeIncrement', of('auto-converge', 'cpu-throttle-increment')),
    ...present('parallelConnections', of('multifd', 'multifd-channels')),
    ...present('compression', compression ?? undefined),
    ...present('compressionXbzrleCache', of('xbzrle', 'xbzrle-cache-size')),
  };
}

function compressionIn(
  capabilities: readonly string[],
  parameters: QemuAnswers['parameters'],
): LibvirtCompression | null {
  const multifd = capabilities.includes('multifd') ? parameters['multifd-compression'] : 'none';
  if (multifd === 'zlib' || multifd === 'zstd') return multifd;
  if (capabilities.includes('compress')) return 'mt';
  return capabilities.includes('xbzrle') ? 'xbzrle' : null;
}

function present<K extends keyof LibvirtMigration>(
  key: K,
  value: LibvirtMigration[K] | undefined,
): Partial<Pick<LibvirtMigration, K>> {
  return value === undefined ? {} : ({ [key]: value } as unknown as Pick<LibvirtMigration, K>);
}
