/** libvirt's migration flags as KubeVirt sets them (spec/kubevirt.md 3.7). */

type LibvirtFlag =
  | 'AUTO_CONVERGE'
  | 'COMPRESSED'
  | 'LIVE'
  | 'NON_SHARED_INC'
  | 'PARALLEL'
  | 'PAUSED'
  | 'PEER2PEER'
  | 'PERSIST_DEST'
  | 'POSTCOPY'
  | 'UNSAFE';

interface LibvirtFlagOptions {
  /** status.migrationMethod is BlockMigration, or any volume is migrated. */
  readonly isBlockMigration: boolean;
  /** The user had paused the guest when the migration started. */
  readonly migratePaused: boolean;
  readonly unsafeMigration: boolean;
  readonly allowAutoConverge: boolean;
  readonly allowPostCopy: boolean;
  /** 0: unset. */
  readonly parallelMigrationThreads: number;
  readonly compression: 'none' | 'zstd';
}

/** Without `VIR_MIGRATE_`, sorted by name. */
export function libvirtFlags(options: LibvirtFlagOptions): readonly LibvirtFlag[] {
  const flags: LibvirtFlag[] = [];
  if (options.allowAutoConverge) flags.push('AUTO_CONVERGE');
  if (options.compression === 'zstd') flags.push('COMPRESSED');
  flags.push('LIVE');
  if (options.isBlockMigration) flags.push('NON_SHARED_INC');
  if (options.parallelMigrationThreads > 0) flags.push('PARALLEL');
  if (options.migratePaused) flags.push('PAUSED');
  flags.push('PEER2PEER', 'PERSIST_DEST');
  if (options.allowPostCopy) flags.push('POSTCOPY');
  if (options.unsafeMigration) flags.push('UNSAFE');
  return flags;
}
