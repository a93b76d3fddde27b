/** What the launcher stores as a migration's result (spec/kubevirt.md 3.6). */
import type { AbortStatus } from './monitor-model.js';

const ABORTED = 'Live migration has been aborted';
const VOLUME_TOO_SMALL =
  'Volume migration cannot be performed because the destination volume is smaller than the source volume: ';
const LIBVIRT_VOLUME_TOO_SMALL =
  'has to be smaller or equal to the actual size of the containing file';

interface MigrationResult {
  readonly failed: boolean;
  /** '' on success. */
  readonly failureReason: string;
}

/** A successful return of libvirt is success, whatever abort was asked for. */
export function migrationResult(
  abortStatus: AbortStatus,
  failed: boolean,
  libvirtError: string,
): MigrationResult {
  if (!failed) return { failed, failureReason: '' };
  if (abortStatus === 'Succeeded') return { failed, failureReason: ABORTED };
  const collapsed = libvirtError.split(/\s+/).join(' ');
  const prefix = collapsed.includes(LIBVIRT_VOLUME_TOO_SMALL) ? VOLUME_TOO_SMALL : '';
  return { failed, failureReason: `${prefix}${libvirtError}` };
}

/** setMigrationResult runs once: what is stored stays. */
export function storedResult(
  stored: MigrationResult | null,
  result: MigrationResult,
): MigrationResult {
  return stored ?? result;
}
