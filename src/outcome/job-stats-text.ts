/** Job statistics as QEMU's monitor, virsh and virt-launcher's log show them. */
import type { DomainJobInfo } from '../qemu/job-stats.js';
import type { JobStatsRecord } from '../simulation/result.js';

export const JOB_STATS_FORMATS = ['query-migrate', 'domjobinfo', 'kubevirt-log'] as const;
export type JobStatsFormat = (typeof JOB_STATS_FORMATS)[number];

const BYTES_PER_MIB = 2 ** 20;

/** Lines of one sample; `startUs`: times count from there. */
export function jobStatsLines(
  sample: JobStatsRecord,
  format: JobStatsFormat,
  startUs: number,
): readonly string[] {
  const at = `${((sample.atUs - startUs) / 1e6).toFixed(3)} s`;
  switch (format) {
    case 'query-migrate':
      return sample.query === null ? [] : [JSON.stringify({ at, ...present(sample.query) })];
    case 'domjobinfo':
      return [`# ${at}`, ...domjobinfoLines(sample.info), ''];
    case 'kubevirt-log':
      return [`${at} ${migrationInfoLine(`${sample.namespace}/${sample.name}`, sample.info)}`];
    default:
      return format satisfies never;
  }
}

/** QEMU leaves out what does not apply. */
function present(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
}

/** `virsh domjobinfo`: title, value, unit. */
function domjobinfoLines(info: DomainJobInfo): readonly string[] {
  const row = (title: string, value: string, unit: string): string =>
    `${`${title}:`.padEnd(17)} ${value.padEnd(12)} ${unit}`.trimEnd();
  const size = (title: string, bytes: number): string => row(title, ...scaled(bytes));
  const speed = (title: string, bytes: number): string => {
    const [value, unit] = scaled(bytes);
    return row(title, value, `${unit}/s`);
  };
  const disk =
    info.diskTotal === 0
      ? []
      : [
          size('File processed', info.diskProcessed),
          size('File remaining', info.diskRemaining),
          size('File total', info.diskTotal),
          speed('File bandwidth', info.diskBps),
        ];
  const throttle =
    info.autoConvergeThrottle === 0
      ? []
      : [row('Auto converge throttle', String(info.autoConvergeThrottle), '%')];
  return [
    row('Job type', info.isDone ? 'Completed' : 'Unbounded', ''),
    row('Operation', 'Outgoing migration', ''),
    row('Time elapsed', String(info.timeElapsedMs), 'ms'),
    size('Data processed', info.dataProcessed),
    size('Data remaining', info.dataRemaining),
    size('Data total', info.dataTotal),
    size('Memory processed', info.memProcessed),
    size('Memory remaining', info.memRemaining),
    size('Memory total', info.memTotal),
    speed('Memory bandwidth', info.memBps),
    row('Dirty rate', String(info.memDirtyRate), 'pages/s'),
    row('Page size', String(info.memPageSize), 'bytes'),
    row('Iteration', String(info.memIteration), ''),
    row('Postcopy requests', String(info.memPostcopyRequests), ''),
    ...disk,
    row('Constant pages', String(info.memConstantPages), ''),
    row('Normal pages', String(info.memNormalPages), ''),
    size('Normal data', info.memNormalBytes),
    row(info.isDone ? 'Total downtime' : 'Expected downtime', String(info.downtimeMs), 'ms'),
    row('Setup time', String(info.setupTimeMs), 'ms'),
    ...throttle,
  ];
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function scaled(bytes: number): [string, string] {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return [value.toFixed(3), UNITS[unit] ?? 'B'];
}

/** virt-launcher's line (LogMigrationInfo, spec/kubevirt.md 3.8): whole MiB and Mbit/s. */
function migrationInfoLine(guest: string, info: DomainJobInfo): string {
  const mib = (bytes: number): string => `${Math.floor(bytes / BYTES_PER_MIB)}MiB`;
  const mbps = (bytesPerSecond: number): string => `${Math.floor((bytesPerSecond * 8) / 1e6)}Mbps`;
  const ratio = info.dataProcessed > 0 ? info.memNormalBytes / info.dataProcessed : 0;
  const fields = [
    `TimeElapsed:${info.timeElapsedMs}ms`,
    `DataProcessed:${mib(info.dataProcessed)}`,
    `DataRemaining:${mib(info.dataRemaining)}`,
    `DataTotal:${mib(info.dataTotal)}`,
    `MemoryProcessed:${mib(info.memProcessed)}`,
    `MemoryRemaining:${mib(info.memRemaining)}`,
    `MemoryTotal:${mib(info.memTotal)}`,
    `MemoryBandwidth:${mbps(info.memBps)}`,
    `DirtyRate:${mbps(info.memDirtyRate * info.memPageSize)}`,
    `Iteration:${info.memIteration}`,
    `PostcopyRequests:${info.memPostcopyRequests}`,
    `ConstantPages:${info.memConstantPages}`,
    `NormalPages:${info.memNormalPages}`,
    `NormalData:${mib(info.memNormalBytes)}`,
    `${info.isDone ? 'Downtime' : 'ExpectedDowntime'}:${info.downtimeMs}ms`,
    `DiskMbps:${Math.floor((info.diskBps * 8) / 1e6)}`,
    ...(ratio > 1 ? [`CompressionRatio:${ratio.toFixed(2)}`] : []),
  ];
  return `Migration info for ${guest}: ${fields.join(' ')}`;
}
