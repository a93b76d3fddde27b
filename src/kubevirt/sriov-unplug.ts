/**
 * virt-launcher detaches a guest's SR-IOV interfaces before it lets libvirt migrate, and waits for the
 * guest to let go of them (spec/kubevirt.md 3.7); the target attaches its own afterwards. QEMU's
 * failover (WAIT_UNPLUG) is not what KubeVirt uses.
 */
const UNPLUG_LIMIT_US = 30_000_000;

export interface SriovUnplug {
  /** The interfaces are gone, or the launcher has waited long enough. */
  readonly untilUs: number;
  readonly failure: string | null;
}

/** `guestUs`: how long the guest takes; null where it has no such interface. */
export function unplugSriov(
  interfaces: readonly { readonly binding: string }[],
  guestUs: number,
  nowUs: number,
): SriovUnplug | null {
  if (!interfaces.some(({ binding }) => binding === 'sriov')) return null;
  if (guestUs <= UNPLUG_LIMIT_US) return { untilUs: nowUs + guestUs, failure: null };
  const failure = `SR-IOV host devices are still attached after ${UNPLUG_LIMIT_US / 1e6} s`;
  return { untilUs: nowUs + UNPLUG_LIMIT_US, failure };
}
