/** Disks, host devices and file systems of a domain. */
import { child, childrenNamed, type XmlElement } from './xml-tree.js';

export interface DomainDevices {
  readonly disks: readonly DomainDisk[];
  readonly filesystems: number;
  /** Host devices that keep the guest where it is: `pci-0000:3b:00.1`. */
  readonly hostDevices: readonly string[];
  /** Host devices that are let go before a migration (`<teaming type='transient'>`). */
  readonly unpluggedDevices: number;
}

export interface DomainDisk {
  /** As the guest and domstats name it: `vda`. */
  readonly name: string;
  readonly device: 'disk' | 'cdrom' | 'lun';
  readonly readOnly: boolean;
  readonly persistentReservation: boolean;
  /** On storage that other hosts reach as well; null: the XML does not say. */
  readonly isShared: true | null;
}

export function readDevices(devices: XmlElement | undefined): DomainDevices {
  const passedThrough = [
    ...childrenNamed(devices, 'hostdev'),
    ...childrenNamed(devices, 'interface').filter(
      ({ attributes }) => attributes.type === 'hostdev',
    ),
  ];
  const staying = passedThrough.filter((device) => !isUnplugged(device));
  return {
    disks: childrenNamed(devices, 'disk').flatMap(readDisk),
    filesystems: childrenNamed(devices, 'filesystem').length,
    hostDevices: staying.map(deviceName),
    unpluggedDevices: passedThrough.length - staying.length,
  };
}

/** A network device of a failover pair: QEMU unplugs it, its other half stays. */
function isUnplugged(device: XmlElement): boolean {
  return child(device, 'teaming')?.attributes.type === 'transient';
}

function deviceName(device: XmlElement, i: number): string {
  const type = device.name === 'interface' ? 'pci' : (device.attributes.type ?? 'device');
  const address = child(device, 'source', 'address')?.attributes;
  if (address?.uuid !== undefined) return `${type}-${address.uuid}`;
  const hex = (text: string | undefined): string => (text ?? '0').replace(/^0x/, '');
  if (type !== 'pci' || address === undefined) return `${type}-${i}`;
  const { domain, bus, slot, function: part } = address;
  return `pci-${hex(domain).padStart(4, '0')}:${hex(bus)}:${hex(slot)}.${hex(part)}`;
}

/** None for an empty drive. */
function readDisk(disk: XmlElement, i: number): readonly DomainDisk[] {
  const { type, device = 'disk' } = disk.attributes;
  const source = child(disk, 'source');
  if (source === undefined) return [];
  return [
    {
      name: child(disk, 'target')?.attributes.dev ?? `disk-${i}`,
      device: device === 'cdrom' || device === 'lun' ? device : 'disk',
      readOnly: device === 'cdrom' || child(disk, 'readonly') !== undefined,
      persistentReservation: child(source, 'reservations') !== undefined,
      isShared: type === 'network' || child(disk, 'shareable') !== undefined ? true : null,
    },
  ];
}
