/** A recorded QEMU migration: the shape of a run file, and its inputs (issue 3, item 11). */
import { z } from 'zod';
import { InputError } from '../fleet/input-error.js';
import { COMPRESSORS, hasCompressor } from '../qemu/compression.js';

const pageRange = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);

/** Capabilities whose rules the replay knows; the others change a migration in ways it would miss. */
const CAPABILITIES = [
  'auto-converge',
  'dirty-limit',
  'events',
  'late-block-activate',
  'multifd',
  'postcopy-preempt',
  'postcopy-ram',
  'return-path',
  'switchover-ack',
  'xbzrle',
] as const;

/** Parameters (QMP names) that the replay follows, at the start or in mid-run. */
const parameters = z.strictObject({
  'avail-switchover-bandwidth': z.number().nonnegative().optional(),
  'cpu-throttle-increment': z.number().optional(),
  'cpu-throttle-initial': z.number().optional(),
  'cpu-throttle-tailslow': z.boolean().optional(),
  'downtime-limit': z.number().nonnegative().optional(),
  'max-bandwidth': z.number().nonnegative().optional(),
  'max-cpu-throttle': z.number().optional(),
  'max-postcopy-bandwidth': z.number().nonnegative().optional(),
  'multifd-channels': z.int().positive().optional(),
  'multifd-compression': z.enum(['none', ...COMPRESSORS]).optional(),
  'throttle-trigger-threshold': z.number().optional(),
  'vcpu-dirty-limit': z.number().positive().optional(),
  'x-vcpu-dirty-limit-period': z.number().positive().optional(),
  'xbzrle-cache-size': z.int().positive().optional(),
});

const config = z.object({
  name: z.string().min(1),
  scenario: z.string().optional(),
  accel: z.string(),
  accel_opts: z.string().default(''),
  ram_mib: z.int().positive(),
  fill_base_page: z.int().nonnegative(),
  fill_pages: z.int().nonnegative(),
  fill2_base_page: z.int().nonnegative().default(0),
  fill2_pages: z.int().nonnegative().default(0),
  fillmode: z.union([z.literal(0), z.literal(1)]),
  memory: z.object({ fill_ranges: z.array(pageRange).optional() }).optional(),
  pattern: z.enum(['idle', 'seq', 'rand', 'hotcold']),
  ws_base_page: z.int().nonnegative(),
  ws_pages: z.int().nonnegative(),
  hot_pages: z.int().nonnegative().default(0),
  hot_permille: z.number().min(0).max(1000).default(900),
  pace: z.enum(['clock', 'cpu']),
  rate: z.number().nonnegative(),
  wbytes: z.int().positive(),
  maxbw: z.number().nonnegative(),
  downtime_limit: z.number().nonnegative(),
  caps: z.array(z.enum(CAPABILITIES)),
  params: parameters,
  link_mbit: z.number().positive().nullable(),
});

const at = z.number().nonnegative();
const action = z.discriminatedUnion('do', [
  z.object({ do: z.literal('postcopy'), at }),
  z.object({ do: z.literal('params'), at, params: parameters }),
  z.object({ do: z.literal('stop'), at }),
  z.object({ do: z.literal('serial'), at, text: z.string().regex(/^[rwp]\d+/) }),
  z.object({ do: z.literal('cancel'), at }),
]);

const run = z.object({
  config,
  qemu: z.string().optional(),
  before: z.object({
    rate_guest_clock: z.number().nonnegative(),
    spin_loops_per_ms: z.number().positive().optional(),
  }),
  actions_applied: z.array(action),
  guest_writes_at_start: z.number().nonnegative(),
  trace: z
    .object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.number(), z.string(), z.null()]))),
    })
    .optional(),
});

export type QemuRun = z.infer<typeof run>;

/**
 * Reads the inputs of a run file.
 * @throws InputError for bad JSON, a missing input, an unknown capability or action
 */
export function parseQemuRun(file: string, text: string): { run: QemuRun; source: unknown } {
  let source: unknown;
  try {
    source = JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InputError(file, '', `not JSON: ${problem}`);
  }
  const parsed = run.safeParse(source);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path.map(String).join('.') ?? '';
    throw new InputError(file, path, problemOf(source, issue?.path ?? [], issue?.message));
  }
  if (parsed.data.config.pace === 'cpu' && parsed.data.trace === undefined) {
    throw new InputError(
      file,
      'trace',
      'missing: a writer of pace cpu is replayed from its t and guest_writes',
    );
  }
  checkPlaces(file, parsed.data.config);
  checkCompression(file, parsed.data);
  return { run: parsed.data, source };
}

/** The writer's pages and the content lie in the guest's memory. */
function checkPlaces(file: string, { ram_mib, ws_base_page, ws_pages }: QemuRun['config']): void {
  const pages = ram_mib * 256;
  if (ws_base_page + ws_pages <= pages) return;
  const problem = `the working set ends at page ${ws_base_page + ws_pages}, the guest has ${pages}`;
  throw new InputError(file, 'config.ws_pages', problem);
}

function checkCompression(file: string, one: QemuRun): void {
  const compression = one.config.params['multifd-compression'] ?? 'none';
  const version = qemuVersionOf(one);
  if (compression === 'none' || hasCompressor(version, compression)) return;
  const problem = `QEMU ${version.major}.${version.minor} has no ${compression}`;
  throw new InputError(file, 'config.params.multifd-compression', problem);
}

function problemOf(source: unknown, path: readonly PropertyKey[], message?: string): string {
  let value: unknown = source;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  if (value === undefined) return 'missing: the replay needs this input';
  return `${JSON.stringify(value).slice(0, 80)}: ${message ?? 'not what a run file holds'}`;
}

/** TCG and the dirty ring: the log is cleared at the sync, which waits for the vCPUs. */
export function tracksAtSync({ config }: QemuRun): boolean {
  return config.accel !== 'kvm' || config.accel_opts.includes('dirty-ring');
}

/** Major and minor of the recorded QEMU: its version text, or the run's name (`Q10_…`), or 7.2. */
export function qemuVersionOf(run: QemuRun): { major: number; minor: number } {
  const text = /(\d+)\.(\d+)\.\d+\s*$/.exec(run.qemu ?? '');
  if (text !== null) return { major: Number(text[1]), minor: Number(text[2]) };
  const name = /^Q(\d+)_/.exec(run.config.name);
  return name === null ? { major: 7, minor: 2 } : { major: Number(name[1]), minor: 0 };
}
