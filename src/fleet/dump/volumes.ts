/** Volumes of a VMI: what is copied, what must be shared (spec/kubevirt.md 3.7, 4). */
import { DEFAULT_GENERATED_VOLUME_BYTES } from '../defaults.js';
import type { GuestVolume, VolumeClaim, VolumeMigration } from '../model.js';
import {
  at,
  booleanOr,
  elements,
  type Field,
  isSet,
  oneOf,
  quantityOr,
  requiredText,
  textList,
  textOr,
} from './field.js';
import { objectName } from './names.js';
import type { KubernetesObject } from './objects.js';
import { tally, type WarningLog } from './warning-log.js';

/** PersistentVolumeClaims by `namespace/name`. */
export type Claims = ReadonlyMap<string, Field>;

export function claimsByName(objects: readonly KubernetesObject[]): Claims {
  return new Map(objects.map(({ namespace, name, field }) => [`${namespace}/${name}`, field]));
}

/** KubeVirt makes these itself, on the launcher's ephemeral disk (spec 3.7 "generated"). */
const GENERATED = new Set([
  'cloudInitNoCloud',
  'cloudInitConfigDrive',
  'configMap',
  'secret',
  'downwardAPI',
  'serviceAccount',
  'sysprep',
]);

/** @throws InputError with the path of the wrong field */
export function readVolumes(
  vmi: KubernetesObject,
  claims: Claims,
  log: WarningLog,
): readonly GuestVolume[] {
  const status = byName(at(vmi.field, 'status', 'volumeStatus'), 'name');
  const migrated = byName(at(vmi.field, 'status', 'migratedVolumes'), 'volumeName');
  const devices = at(vmi.field, 'spec', 'domain', 'devices');
  const disks = byName(at(devices, 'disks'), 'name');
  const filesystems = byName(at(devices, 'filesystems'), 'name');
  return elements(at(vmi.field, 'spec', 'volumes')).map((field) => {
    const name = requiredText(at(field, 'name'));
    const parts = {
      field,
      status: status.get(name),
      disk: disks.get(name),
      isFilesystem: filesystems.has(name),
    };
    return readVolume(vmi, name, parts, migrated.get(name), claims, log);
  });
}

interface VolumeParts {
  readonly field: Field;
  readonly status: Field | undefined;
  readonly disk: Field | undefined;
  readonly isFilesystem: boolean;
}

function readVolume(
  vmi: KubernetesObject,
  name: string,
  parts: VolumeParts,
  migrated: Field | undefined,
  claims: Claims,
  log: WarningLog,
): GuestVolume {
  const { field, disk } = parts;
  const source = sourceOf(field);
  const claim = readClaim(vmi, parts, source, claims, log);
  const device = deviceOf(disk, parts.isFilesystem);
  if (migrated !== undefined) {
    const unknown = 'write rate of a volume to be copied is not in the dump; taken as 0';
    tally(log, `${unknown}. Better: sluice import, then its writeRate`, field, name);
  }
  const isReported = parts.status !== undefined && isSet(at(parts.status, 'size'));
  if (source === 'emptyDisk' && !isReported) tally(log, UNKNOWN_USE, field, name);
  return {
    name,
    source,
    claim,
    bytes: volumeBytes(parts, source, claim),
    device,
    readOnly: disk !== undefined && isReadOnly(disk, device),
    hostDiskShared: source === 'hostDisk' && booleanOr(at(field, 'hostDisk', 'shared'), false),
    persistentReservation: disk !== undefined && booleanOr(at(disk, 'lun', 'reservation'), false),
    migration: migrated === undefined ? null : readMigration(migrated),
    writeBytesPerSecond: 0,
  };
}

/** Holes of a disk are not copied (spec/qemu.md 7.5), and what is written to it nobody reports. */
const UNKNOWN_USE =
  'how much of an emptyDisk is written is not in the dump; all of its capacity is taken to be copied';

/** The volume's one key beside its name. */
function sourceOf(field: Field): string {
  const { value } = field;
  const keys = typeof value === 'object' && value !== null ? Object.keys(value).sort() : [];
  return keys.find((key) => key !== 'name' && isSet(at(field, key))) ?? 'unknown';
}

function deviceOf(disk: Field | undefined, isFilesystem: boolean): GuestVolume['device'] {
  if (disk === undefined) return isFilesystem ? 'filesystem' : 'none';
  if (isSet(at(disk, 'cdrom'))) return 'cdrom';
  return isSet(at(disk, 'lun')) ? 'lun' : 'disk';
}

/** KubeVirt's CD-ROMs are read-only unless they say otherwise. */
function isReadOnly(disk: Field, device: GuestVolume['device']): boolean {
  if (device === 'cdrom') return booleanOr(at(disk, 'cdrom', 'readonly'), true);
  return booleanOr(at(disk, device, 'readonly'), false);
}

function readClaim(
  vmi: KubernetesObject,
  { field, status }: VolumeParts,
  source: string,
  claims: Claims,
  log: WarningLog,
): VolumeClaim | null {
  if (source !== 'persistentVolumeClaim' && source !== 'dataVolume') return null;
  const nameField = at(field, source, source === 'dataVolume' ? 'name' : 'claimName');
  const name = objectName(nameField);
  const info = status === undefined ? undefined : at(status, 'persistentVolumeClaimInfo');
  if (info !== undefined && isSet(info))
    return claimOf(name, info, at(info, 'requests'), at(info, 'capacity'));
  const claim = claims.get(`${vmi.namespace}/${name}`);
  if (claim !== undefined) {
    const spec = at(claim, 'spec');
    return claimOf(name, spec, at(spec, 'resources', 'requests'), at(claim, 'status', 'capacity'));
  }
  tally(log, 'volume claim is not in the dump; its access modes are unknown', nameField, name);
  return null;
}

function claimOf(name: string, field: Field, requests: Field, capacity: Field): VolumeClaim {
  return {
    name,
    accessModes: textList(at(field, 'accessModes')),
    capacityBytes: quantityOr(at(capacity, 'storage'), null),
    requestBytes: quantityOr(at(requests, 'storage'), null),
    volumeMode: oneOf(at(field, 'volumeMode'), ['Block', 'Filesystem'] as const, 'Filesystem'),
  };
}

function readMigration(field: Field): VolumeMigration {
  const source = at(field, 'sourcePVCInfo');
  return {
    sourceCapacityBytes: quantityOr(at(source, 'capacity', 'storage'), null),
    sourceRequestBytes: quantityOr(at(source, 'requests', 'storage'), null),
    destinationCapacityBytes: quantityOr(
      at(field, 'destinationPVCInfo', 'capacity', 'storage'),
      null,
    ),
  };
}

function volumeBytes(
  { field, status }: VolumeParts,
  source: string,
  claim: VolumeClaim | null,
): number {
  const reported = status === undefined ? null : quantityOr(at(status, 'size'), null);
  if (reported !== null) return reported;
  if (claim !== null) return claim.capacityBytes ?? claim.requestBytes ?? 0;
  if (GENERATED.has(source)) return DEFAULT_GENERATED_VOLUME_BYTES;
  // emptyDisk and hostDisk state how large they are; the rest (containerDisk) says nothing.
  if (source === 'emptyDisk' || source === 'hostDisk')
    return quantityOr(at(field, source, 'capacity'), 0);
  return 0;
}

/** Elements of a list by one of their keys. */
function byName(list: Field, key: string): ReadonlyMap<string, Field> {
  return new Map(elements(list).map((item) => [textOr(at(item, key), ''), item]));
}
