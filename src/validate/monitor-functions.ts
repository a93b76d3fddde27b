/** Replays the vectors of single functions: input → what `expect` should be, by this code. */
import { parseQuantity } from '../fleet/quantity.js';
import { abortAnswer, cancelMigration } from '../kubevirt/abort.js';
import { migrationDataSizeGB } from '../kubevirt/data-size.js';
import { downtimeTuningConfig } from '../kubevirt/downtime-tuning.js';
import { libvirtFlags } from '../kubevirt/libvirt-flags.js';
import { bandwidthMiBps, libvirtParameters } from '../kubevirt/libvirt-parameters.js';
import { migrationResult, storedResult } from '../kubevirt/migration-result.js';
import { quantityToByte } from '../kubevirt/quantity-float.js';
import { classifyVolumes, copiedDiskTargets } from '../kubevirt/volume-classes.js';
import { FAULT, jobTypeOf, type VectorOfKind } from './monitor-vector.js';

type Input<Kind extends FunctionKind> = VectorOfKind<Kind>['input'];
type FunctionKind =
  | 'flags'
  | 'volumes'
  | 'disk-targets'
  | 'params'
  | 'bandwidth'
  | 'failure-reason'
  | 'result-once'
  | 'cancel'
  | 'data-size'
  | 'downtime-config';

export function replayFunction(vector: VectorOfKind<FunctionKind>): unknown {
  switch (vector.kind) {
    case 'flags':
      return replayFlags(vector.input);
    case 'volumes':
      return replayVolumes(vector.input);
    case 'disk-targets':
      return { targets: targetsOf(vector.input) };
    case 'params':
      return replayParameters(vector.input);
    case 'bandwidth':
      return replayBandwidth(vector.input);
    case 'failure-reason': {
      const { abortStatus, failed, reason } = vector.input;
      return { abortStatus, ...migrationResult(abortStatus, failed, reason) };
    }
    case 'result-once': {
      const { first, second } = vector.input;
      const stored = storedResult(null, migrationResult('', first.failed, first.reason));
      return storedResult(stored, migrationResult('', second.failed, second.reason));
    }
    case 'cancel':
      return replayCancel(vector.input);
    case 'data-size':
      return { size: dataSizeOf(vector.input.vmi) };
    case 'downtime-config':
      return downtimeTuningConfig(vector.input.downtimeTuning, vector.input.maxDowntimeMs);
  }
}

function replayFlags(input: Input<'flags'>): unknown {
  const flags = libvirtFlags({
    ...input,
    parallelMigrationThreads: input.parallelMigrationThreads ?? 0,
    compression: compressionOf(input.compression),
  });
  return { flags };
}

/** Anything but zstd is off (spec/kubevirt.md 1.5). */
function compressionOf(value: string | null): 'none' | 'zstd' {
  return value === 'zstd' ? 'zstd' : 'none';
}

function classesOf({ volumes, migratedVolumes }: Input<'volumes'>) {
  return classifyVolumes(
    volumes.map(({ name, source, hostDiskShared }) => ({
      name,
      source,
      hostDiskShared: hostDiskShared ?? false,
    })),
    new Set(migratedVolumes),
  );
}

function replayVolumes(input: Input<'volumes'>): unknown {
  const { shared, generated, localToMigrate } = classesOf(input);
  return {
    shared: [...shared].sort(),
    generated: [...generated].sort(),
    localToMigrate: [...localToMigrate].sort(),
  };
}

function targetsOf(input: Input<'disk-targets'>): readonly string[] {
  return copiedDiskTargets(input.disks, classesOf(input));
}

/** The recording's domain is `test_vm`, its VMI's UID `uid`, its share folder `/share`. */
function replayParameters(input: Input<'params'>): unknown {
  const parameters = libvirtParameters({
    bandwidthBytesPerSecond: quantityToByte(input.bandwidth),
    parallelMigrationThreads: input.parallelMigrationThreads ?? 0,
    compression: compressionOf(input.compression),
    migrateDisks: targetsOf(input),
    domainName: 'test_vm',
    vmiUid: 'uid',
    shareFolder: '/share',
  });
  return {
    uri: parameters.uri,
    destName: parameters.destName,
    bandwidthMiBps: parameters.bandwidthMiBps ?? 0,
    bandwidthSet: parameters.bandwidthMiBps !== null,
    parallelConnections: parameters.parallelConnections ?? 0,
    parallelConnectionsSet: parameters.parallelConnections !== null,
    compression: parameters.compression ?? '',
    compressionSet: parameters.compression !== null,
    migrateDisks: parameters.migrateDisks,
    migrateDisksSet: parameters.migrateDisks !== null,
    detectZeroesSet: parameters.migrateDisks !== null,
    disksURI: parameters.disksUri ?? '',
    disksURISet: parameters.disksUri !== null,
  };
}

function replayBandwidth({ quantity }: Input<'bandwidth'>): unknown {
  const mibps = bandwidthMiBps(quantityToByte(quantity));
  return { mibps: mibps ?? 0, set: mibps !== null };
}

function replayCancel(input: Input<'cancel'>): unknown {
  let abortJobSucceeded = false;
  const infoFails = input.lookupFails || (input.faults & FAULT.getJobInfo) !== 0;
  const abortStatus = cancelMigration(input, () =>
    abortAnswer(infoFails ? null : jobTypeOf(input.jobType), () => {
      abortJobSucceeded = (input.faults & FAULT.abortJob) === 0;
      return abortJobSucceeded ? 'ok' : 'failed';
    }),
  );
  return { abortStatus, abortJobSucceeded };
}

function bytes(quantity: string | null): number | null {
  const parsed = parseQuantity(quantity);
  return parsed.ok ? parsed.value : null;
}

/** Migration data size in GB of a vector's VMI. */
export function dataSizeOf(vmi: Input<'data-size'>['vmi']): number {
  const files = vmi.ephemeralFileBytes ?? [];
  return migrationDataSizeGB({
    memoryBytes: bytes(vmi.guestMemory ?? vmi.requestsMemory) ?? 0,
    ephemeralBytes: files.reduce((sum, size) => sum + size, 0),
    blockMigration: vmi.blockMigration,
    migratedVolumes: (vmi.migratedVolumes ?? [])
      .filter(({ noSourcePVCInfo }) => noSourcePVCInfo !== true)
      .map(({ requests, capacity }) => ({
        requestBytes: bytes(requests),
        capacityBytes: bytes(capacity),
      })),
  });
}
