/** What happens to each volume and disk in a migration (spec/kubevirt.md 3.7). */

interface ClassifiedVolumes {
  readonly shared: ReadonlySet<string>;
  readonly generated: ReadonlySet<string>;
  readonly localToMigrate: ReadonlySet<string>;
}

interface VolumeSource {
  readonly name: string;
  /** KubeVirt's volume source: persistentVolumeClaim, containerDisk, … */
  readonly source: string;
  readonly hostDiskShared: boolean;
}

/** A disk of the libvirt domain. */
interface DomainDisk {
  /** The volume's name. */
  readonly alias: string;
  readonly device: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** Device name in the guest: `vda`. */
  readonly target: string;
}

/** classifyVolumesForMigration; what is in no class is left out. */
export function classifyVolumes(
  volumes: readonly VolumeSource[],
  migratedVolumes: ReadonlySet<string>,
): ClassifiedVolumes {
  const shared = new Set<string>();
  const generated = new Set<string>();
  const localToMigrate = new Set<string>();
  for (const { name, source, hostDiskShared } of volumes) {
    switch (source) {
      case 'persistentVolumeClaim':
      case 'dataVolume':
        (migratedVolumes.has(name) ? localToMigrate : shared).add(name);
        break;
      case 'hostDisk':
        if (migratedVolumes.has(name)) localToMigrate.add(name);
        else if (hostDiskShared) shared.add(name);
        break;
      case 'configMap':
      case 'secret':
      case 'downwardAPI':
      case 'serviceAccount':
      case 'cloudInitNoCloud':
      case 'cloudInitConfigDrive':
      case 'containerDisk':
        generated.add(name);
        break;
    }
  }
  return { shared, generated, localToMigrate };
}

/** getDiskTargetsForMigration: targets of the disks that QEMU copies, in the domain's order. */
export function copiedDiskTargets(
  disks: readonly DomainDisk[],
  classes: ClassifiedVolumes,
): readonly string[] {
  return disks
    .filter(({ alias, device, type, readOnly }) => {
      if (device === 'cdrom' || (readOnly && !classes.generated.has(alias))) return false;
      return (type === 'file' || type === 'block') && !classes.shared.has(alias);
    })
    .map(({ target }) => target);
}
