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

/** As query-migrate-capabilities and query-migrate-parameters show them at the source. */
export interface QemuMigration {
  readonly capabilities: readonly string[];
  readonly parameters: Readonly<Record<string, number | string>>;
}

const BYTES_PER_MIB = 2 ** 20;
/** INT64_MAX in whole MiB: libvirt's "no limit", so that QEMU's 128 MiB/s never apply. */
const UNLIMITED_BYTES_PER_SECOND = 2 ** 63 - BYTES_PER_MIB;

/**
 * What libvirt tells the source's QEMU; both sides can do whatever their release can.
 * @throws RangeError for what libvirt refuses: its text names flag and reason
 */
export function qemuMigration(libvirt: LibvirtMigration, version: QemuVersion): QemuMigration {
  refuse(libvirt, version);
  const has = (flag: QemuFlag): boolean => libvirt.flags.includes(flag);
  const isNew = isAtLeast(version, 11, 3);
  const capabilities = ['events', 'pause-before-switchover'];
  const when = (condition: boolean, ...names: string[]): void => {
    if (condition) capabilities.push(...names);
  };
  const compression = compressionOf(libvirt, version);
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

function refuse(libvirt: LibvirtMigration, version: QemuVersion): void {
  const has = (flag: QemuFlag): boolean => libvirt.flags.includes(flag);
  const needs = (condition: boolean, problem: string): void => {
    if (condition) throw new RangeError(problem);
  };
  const multifd = libvirt.compression === 'zlib' || libvirt.compression === 'zstd';
  const isNew = isAtLeast(version, 11, 3);
  needs(has('ZEROCOPY') && !has('PARALLEL'), 'ZEROCOPY needs PARALLEL');
  needs(has('TUNNELLED') && has('PARALLEL'), 'PARALLEL cannot be TUNNELLED');
  needs(
    libvirt.parallelConnections !== undefined && !has('PARALLEL'),
    'parallel.connections needs PARALLEL',
  );
  needs(
    (libvirt.autoConvergeInitial ?? libvirt.autoConvergeIncrement) !== undefined &&
      !has('AUTO_CONVERGE'),
    'auto_converge parameters need AUTO_CONVERGE',
  );
  needs(multifd && !has('PARALLEL'), `compression ${libvirt.compression} needs PARALLEL`);
  needs(multifd && !isNew, `compression ${libvirt.compression} needs libvirt 11.3`);
  needs(
    libvirt.bandwidthAvailSwitchover !== undefined && !isNew,
    'bandwidth.avail.switchover needs libvirt 11.3',
  );
}

const FLAG_OF_CAPABILITY: readonly (readonly [string, QemuFlag])[] = [
  ['auto-converge', 'AUTO_CONVERGE'],
  ['multifd', 'PARALLEL'],
  ['postcopy-ram', 'POSTCOPY'],
  ['zero-copy-send', 'ZEROCOPY'],
];

/**
 * The flags and parameters that make libvirt tell QEMU this. Capabilities that libvirt sets of its
 * own accord say nothing; those that it never sets are not told of.
 */
export function libvirtMigration({ capabilities, parameters }: QemuMigration): LibvirtMigration {
  const has = (name: string): boolean => capabilities.includes(name);
  const flags = FLAG_OF_CAPABILITY.filter(([name]) => has(name)).map(([, flag]) => flag);
  const compression = compressionIn(capabilities, parameters);
  if (compression !== null) flags.push('COMPRESSED');
  if (typeof parameters['tls-creds'] === 'string' && parameters['tls-creds'] !== '') {
    flags.push('TLS');
  }
  if (!has('return-path')) flags.push('TUNNELLED');
  const number = (name: string, unit = 1): number | undefined => {
    const value = parameters[name];
    return typeof value === 'number' ? value / unit : undefined;
  };
  const limit = number('max-bandwidth');
  const isLimited = limit !== undefined && limit > 0 && limit < UNLIMITED_BYTES_PER_SECOND;
  return {
    flags: flags.sort(),
    ...present('bandwidth', isLimited ? limit / BYTES_PER_MIB : undefined),
    ...present('bandwidthPostcopy', number('max-postcopy-bandwidth', BYTES_PER_MIB)),
    ...present('bandwidthAvailSwitchover', number('avail-switchover-bandwidth', BYTES_PER_MIB)),
    ...present('autoConvergeInitial', number('cpu-throttle-initial')),
    ...present('autoConvergeIncrement', number('cpu-throttle-increment')),
    ...present('parallelConnections', number('multifd-channels')),
    ...present('compression', compression ?? undefined),
    ...present('compressionXbzrleCache', number('xbzrle-cache-size')),
  };
}

function compressionIn(
  capabilities: readonly string[],
  parameters: QemuMigration['parameters'],
): LibvirtCompression | null {
  const multifd = parameters['multifd-compression'];
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
