/** The shape of shared/data/published: a list of cases, or traces read off published figures. */
import { z } from 'zod';
import { InputError } from '../fleet/input-error.js';

const positive = z.number().positive();

const vep291 = z.object({
  id: z.literal('VEP291-fixed300'),
  inp: z.object({ dirty_mbps: positive }),
  out: z.object({
    total_s: positive,
    conv_s: positive,
    downtime_ms: positive,
    iters: positive,
    mib: positive,
  }),
});
const otherCase = z.object({ id: z.string().min(1), inp: z.looseObject({}) });

const cases = z.array(z.union([vep291, otherCase])).min(1);

/** [seconds, MiB remaining] at each round's start. */
const point = z.tuple([z.number().nonnegative(), z.number().nonnegative()]);
const trace = z.object({ ram_mib: positive, pts: z.array(point).min(3) });
const traces = z
  .strictObject({
    ex1_redis: trace.optional(),
    ex4_stressng: trace.optional(),
    ex5_kernelbuild: trace.optional(),
  })
  .refine((all) => Object.keys(all).length > 0, 'no trace in it');

export type Vep291Case = z.infer<typeof vep291>;
export type PublishedTrace = z.infer<typeof trace>;
export type TraceName = keyof z.infer<typeof traces>;

export type PublishedFile =
  | {
      readonly kind: 'cases';
      readonly vep291: Vep291Case | null;
      readonly others: readonly string[];
    }
  | {
      readonly kind: 'traces';
      readonly traces: readonly { readonly name: TraceName; readonly trace: PublishedTrace }[];
    };

const TRACE_NAMES: readonly TraceName[] = ['ex1_redis', 'ex4_stressng', 'ex5_kernelbuild'];

/** @throws InputError when the file holds neither cases nor traces, or one of them is not whole. */
export function parsePublished(file: string, text: string): PublishedFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InputError(file, '', `not JSON: ${problem}`);
  }
  return Array.isArray(value) ? parseCases(file, value) : parseTraces(file, value);
}

function parseCases(file: string, value: readonly unknown[]): PublishedFile {
  const found = value.find((one) => idOf(one) === 'VEP291-fixed300');
  const parsed = found === undefined ? null : checked(file, 'VEP291-fixed300', vep291, found);
  const others = checked(file, '', cases, value)
    .map(({ id }) => id)
    .filter((id) => id !== 'VEP291-fixed300');
  return { kind: 'cases', vep291: parsed, others };
}

function idOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined;
}

function parseTraces(file: string, value: unknown): PublishedFile {
  const all = checked(file, '', traces, value);
  const list = TRACE_NAMES.flatMap((name) => {
    const one = all[name];
    return one === undefined ? [] : [{ name, trace: one }];
  });
  for (const { name, trace: one } of list) checkOrder(file, name, one);
  return { kind: 'traces', traces: list };
}

function checkOrder(file: string, name: string, { pts }: PublishedTrace): void {
  pts.slice(1).forEach(([atSeconds], i) => {
    const [beforeSeconds] = pts[i] as [number, number];
    if (atSeconds > beforeSeconds) return;
    const problem = `${atSeconds} s comes after ${beforeSeconds} s; times must ascend`;
    throw new InputError(file, `${name}.pts[${i + 1}]`, problem);
  });
}

function checked<T>(file: string, path: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = [path, ...(issue?.path ?? []).map(String)].filter((part) => part !== '').join('.');
  throw new InputError(file, at, `${issue?.message ?? 'wrong'}: not a file of published cases`);
}
