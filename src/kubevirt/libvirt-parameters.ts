/** libvirt's migration parameters as KubeVirt sets them (spec/kubevirt.md 3.7). */

const BYTES_PER_MIB = 1_048_576;
/** Port keys of virt-handler's proxies: the domain itself, and its copied disks. */
const DIRECT_PORT = 49_152;
const BLOCK_PORT = 49_153;

interface LibvirtParameterOptions {
  /** Whole bytes per second; 0: no limit. */
  readonly bandwidthBytesPerSecond: number;
  /** 0: unset. */
  readonly parallelMigrationThreads: number;
  readonly compression: 'none' | 'zstd';
  /** `copiedDiskTargets` of volume-classes.ts. */
  readonly migrateDisks: readonly string[];
  readonly domainName: string;
  readonly vmiUid: string;
  /** The folder of virt-share, with `migrationproxy` in it. */
  readonly shareFolder: string;
}

/** null: libvirt gets no such parameter. */
interface LibvirtParameters {
  readonly uri: string;
  readonly destName: string;
  readonly bandwidthMiBps: number | null;
  readonly parallelConnections: number | null;
  readonly compression: 'zstd' | null;
  /** Disks to copy; QEMU detects zeroes on the same ones. */
  readonly migrateDisks: readonly string[] | null;
  readonly disksUri: string | null;
}

export function libvirtParameters(options: LibvirtParameterOptions): LibvirtParameters {
  const copiesDisks = options.migrateDisks.length > 0;
  const threads = options.parallelMigrationThreads;
  return {
    uri: proxySocket(options, DIRECT_PORT),
    destName: options.domainName,
    bandwidthMiBps: bandwidthMiBps(options.bandwidthBytesPerSecond),
    parallelConnections: threads > 0 ? threads : null,
    compression: options.compression === 'zstd' ? 'zstd' : null,
    migrateDisks: copiesDisks ? options.migrateDisks : null,
    disksUri: copiesDisks ? proxySocket(options, BLOCK_PORT) : null,
  };
}

/** libvirt's bandwidth limit in MiB/s, at least 1, rounded half up; null: no limit. */
export function bandwidthMiBps(bytesPerSecond: number): number | null {
  if (bytesPerSecond <= 0) return null;
  if (bytesPerSecond < BYTES_PER_MIB) return 1;
  return Math.floor(bytesPerSecond / BYTES_PER_MIB + 0.5);
}

function proxySocket(options: LibvirtParameterOptions, port: number): string {
  return `unix://${options.shareFolder}/migrationproxy/${options.vmiUid}-${port}-source.sock`;
}
