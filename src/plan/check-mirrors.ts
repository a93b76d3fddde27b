/**
 * Disks that are mirrored before memory is sent: each has to be copied faster than its guest writes
 * to it, or it is never READY and memory never begins (spec/qemu.md 7.5).
 */
import { bytesText } from '../outcome/quantity-text.js';
import { copiedVolumes } from '../simulation/migration-setup.js';
import { bandwidthShares, type SharedNetwork, wholeWays } from './bandwidth-share.js';
import type { Finding } from './check-finding.js';
import { aboutGuest, moves } from './check-guests.js';
import type { CheckedGuest, CheckScope } from './check-scope.js';

export function checkMirrors(
  { fleet, guests }: CheckScope,
  shared: SharedNetwork,
): readonly Finding[] {
  // A write that waits for both ends makes nothing dirty again.
  if (fleet.host.storageCopyMode === 'write-blocking') return [];
  return guests.filter(moves).flatMap((one) => mirrorFindings(shared, one));
}

function mirrorFindings(shared: SharedNetwork, one: CheckedGuest): readonly Finding[] {
  const written = copiedVolumes(one.guest).filter(
    ({ writeBytesPerSecond }) => writeBytesPerSecond > 0,
  );
  if (written.length === 0) return [];
  const [whole] = wholeWays(shared, one);
  const [share] = bandwidthShares(shared, one);
  return written.flatMap(({ name, writeBytesPerSecond: writes }) => {
    const told = `the guest writes ${bytesText(writes)}/s to volume ${name}, its mirror copies at most`;
    if (writes >= whole.bytesPerSecond) {
      return [
        aboutGuest(one, {
          severity: 'blocker',
          check: 'mirror-behind',
          finding: `${told} ${bytesText(whole.bytesPerSecond)}/s (${whole.bound}): it never catches up, and memory is never sent`,
          advice: 'raise what bounds it, or move the guest when it writes less',
        }),
      ];
    }
    if (writes < share.bytesPerSecond) return [];
    return [
      aboutGuest(one, {
        severity: 'warning',
        check: 'mirror-behind',
        finding: `${told} ${bytesText(share.bytesPerSecond)}/s (${share.bound}) beside other migrations: it does not catch up until these are over`,
        advice: 'move it alone, or allow fewer out of a node at once',
      }),
    ];
  });
}
