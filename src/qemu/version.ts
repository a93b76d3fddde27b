/** Rules that differ between QEMU releases (spec/qemu.md 1.3, 1.7, 3.4, 4). */
export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
}

/** Parses `10.1` or `7.2.22`; null when the text is no version. */
export function parseQemuVersion(text: string): QemuVersion | null {
  const match = /^(\d+)\.(\d+)(?:\.\d+)?$/.exec(text);
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]) };
}

/** True when `version` is `major.minor` or newer. */
export function isAtLeast(version: QemuVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

export interface VersionRules {
  /** Completion test is `pending <= threshold` (10.2 on), not `<` (spec 1.3). */
  readonly completesAtThreshold: boolean;
  /** A post-copy request is looked at before the completion test (10.2 on). */
  readonly postcopyTestFirst: boolean;
  /** Auto-converge's extra syncs every 5 s (9.2 on, spec 3.4). */
  readonly backgroundSync: boolean;
  /** Multifd carries zero pages as an 8-byte offset in the packet (9.0 on, spec 2.4). */
  readonly multifdZeroPages: boolean;
  /** The budget counts flushed buffers, so a burst is whole 32-page buffers (8.x on, spec 1.7). */
  readonly flushedBudget: boolean;
  /** 7.2 charges what multifd compression saved to the limit all the same (spec 4). */
  readonly chargesUncompressed: boolean;
  /** Multifd's channels drain at every loop turn, not once a lap (machine types up to 8.0, spec 4). */
  readonly multifdTurnBarrier: boolean;
  /** `transferred` has the headers and footers of sections, not their end marks only (8.x on). */
  readonly countsSectionFrames: boolean;
  /** Multifd may be set together with post-copy (10.1 on; 7.2 took both as well, spec 4). */
  readonly multifdWithPostcopy: boolean;
  /** The dirty log of a chunk is cleared in the last stage, too (up to 10.0, spec 2.2). */
  readonly clearsInLastStage: boolean;
  /** VFIO sends data before the switchover, which can wait for the target's ack (8.1 on, spec 5.2, 5.3). */
  readonly vfioPrecopy: boolean;
  /** Multifd's channels carry VFIO's stop-copy state, else the main one does (10.0 on, spec 5.3). */
  readonly multifdDeviceState: boolean;
  /** dirty-sync-count leaves out the sync after STOP (11 on, spec 1.7). */
  readonly countsFinalSync: boolean;
}

/** The rules of one release; 9.x and 10.1 take 10.0's where nothing else was read (kubevirt.md 11). */
export function versionRules(version: QemuVersion): VersionRules {
  return {
    completesAtThreshold: isAtLeast(version, 10, 2),
    postcopyTestFirst: isAtLeast(version, 10, 2),
    backgroundSync: isAtLeast(version, 9, 2),
    multifdZeroPages: isAtLeast(version, 9, 0),
    flushedBudget: isAtLeast(version, 8, 0),
    chargesUncompressed: !isAtLeast(version, 8, 0),
    multifdTurnBarrier: !isAtLeast(version, 8, 1),
    countsSectionFrames: isAtLeast(version, 8, 0),
    multifdWithPostcopy: isAtLeast(version, 10, 1) || !isAtLeast(version, 8, 0),
    clearsInLastStage: !isAtLeast(version, 10, 1),
    vfioPrecopy: isAtLeast(version, 8, 1),
    multifdDeviceState: isAtLeast(version, 10, 0),
    countsFinalSync: !isAtLeast(version, 11, 0),
  };
}
