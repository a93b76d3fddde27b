/**
 * The kinds of field that a fleet file has, as zod types: what a person writes comes in, base
 * units come out. Everything that is a number may also be text, as `${parameters}` give text.
 */
import { z } from 'zod';
import { closest } from '../closest.js';
import type { NodesAtOnce } from '../model.js';
import { parseQuantity } from '../quantity.js';
import { quoteShort } from '../source-document.js';
import {
  parseDuration,
  parsePageRate,
  parseRate,
  parseShare,
  parseSize,
  parseWritesPerPage,
  type Reading,
} from '../units.js';

type Parse<T> = (
  value: string | number,
) => { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

function scalar<T>(parse: Parse<T>, description: string) {
  return z
    .union([z.string(), z.number()])
    .transform((value, context): T => {
      const read = parse(value);
      if (read.ok) {
        return read.value;
      }
      context.issues.push({ code: 'custom', message: read.problem, input: value });
      return z.NEVER;
    })
    .describe(description);
}

/** Whole bytes. */
export const size = () => scalar(parseSize, 'a size: 64Gi, 512MiB, 1T');
/** Bytes per second. */
export const rate = () => scalar(parseRate, 'a rate: 25Gbit/s, 2x25Gbit/s, 200MiB/s');
/** Bytes per second, or null for `unlimited`. */
export const rateOrUnlimited = () =>
  scalar(
    (value) => (value === 'unlimited' ? { ok: true as const, value: null } : parseRate(value)),
    'a rate (25Gbit/s, 4x100Gbit/s), or unlimited',
  );
/** A link's rate, and of how many equal links it is: `2x25Gbit/s` are two. */
export interface LinkRate {
  readonly bytesPerSecond: number;
  readonly members: number;
}

/** Every member of a bond is a link of its own in a run. */
export const MOST_NIC_MEMBERS = 64;
export const MOST_UPLINKS = 1024;

function parseLinkRate(value: string | number, mostMembers: number) {
  const read = parseRate(value);
  if (!read.ok) return read;
  const times = typeof value === 'string' ? /^\s*(\d+)\s*[x×]/u.exec(value) : null;
  const members = Number(times?.[1] ?? 1);
  if (members < 1 || members > mostMembers) {
    const problem = `${quoteShort(String(value))} is of ${members} links; 1 to ${mostMembers} are possible`;
    return { ok: false as const, problem };
  }
  const rate: LinkRate = { bytesPerSecond: read.value, members };
  return { ok: true as const, value: rate };
}

/** A NIC that carries nothing is none, which is said otherwise. */
function parseNicRate(value: string | number) {
  const read = parseLinkRate(value, MOST_NIC_MEMBERS);
  return read.ok && read.value.bytesPerSecond === 0
    ? {
        ok: false as const,
        problem: `${JSON.stringify(value)} carries nothing; a NIC's rate is more than 0`,
      }
    : read;
}

export const nicRate = () => scalar(parseNicRate, 'a rate: 25Gbit/s, 2x25Gbit/s');
/** Null for `unlimited`. */
export const uplinkRateOrUnlimited = () =>
  scalar(
    (value) =>
      value === 'unlimited'
        ? { ok: true as const, value: null }
        : parseLinkRate(value, MOST_UPLINKS),
    'a rate (25Gbit/s, 4x100Gbit/s), or unlimited',
  );
/** Null for `none`. */
export const nicRateOrNone = () =>
  scalar(
    (value) => (value === 'none' ? { ok: true as const, value: null } : parseNicRate(value)),
    'a rate (25Gbit/s, 2x25Gbit/s), or none',
  );
/** Whole microseconds. */
export const duration = () =>
  scalar((value) => {
    const read = parseDuration(value);
    return read.ok ? { ok: true, value: Math.round(read.value) } : read;
  }, 'a duration: 300ms, 5s, 2m, 1h');
/** Microseconds and fractions of one, for costs a GiB. */
export const fineDuration = () => scalar(parseDuration, 'a duration: 10.5us, 2ms');
/** Seconds; a bare number is seconds as well. */
export const seconds = () =>
  scalar((value): Reading => {
    const read = typeof value === 'number' ? parsePlain(value) : parseDuration(value);
    return read.ok && typeof value === 'string' ? { ok: true, value: read.value / 1e6 } : read;
  }, 'a duration: 1s, 30s');
export const pageRate = () => scalar(parsePageRate, 'a page rate: 40k pages/s, 200MiB/s');
export const writesPerPage = () => scalar(parseWritesPerPage, '0.02 writes/s per page');
/** 0 to 1. */
export const share = () => scalar(parseShare, 'a share: 20% or 0.2');
/** `6Gi`, or `75%` of the whole. */
export const sizeOrShare = () =>
  scalar((value) => {
    const isShare = typeof value === 'string' && value.trim().endsWith('%');
    const read = isShare ? parseShare(value) : parseSize(value);
    const kind = isShare ? ('share' as const) : ('bytes' as const);
    return read.ok ? { ok: true as const, value: { kind, amount: read.value } } : read;
  }, 'a size or a share: 6Gi, 75%');
/** How many nodes a drain takes at a time: a number, a share of them, or all. */
export const nodesAtOnce = () =>
  scalar(parseNodesAtOnce, 'nodes at a time: 1, 25% or all (default all)');

export const parseNodesAtOnce: Parse<NodesAtOnce> = (value) => {
  const text = String(value).trim();
  if (text === 'all') return { ok: true, value: { kind: 'all' } };
  if (text.endsWith('%')) {
    const read = parseShare(text);
    return read.ok ? { ok: true, value: { kind: 'share', share: read.value } } : read;
  }
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count > 0) return { ok: true, value: { kind: 'nodes', count } };
  const found = JSON.stringify(value);
  return { ok: false, problem: `${found} is not 1 or more nodes, a share such as 25%, or all` };
};

/** A Kubernetes quantity that is not negative, in base units. */
const quantity = () =>
  scalar((value): Reading => {
    const read = parseQuantity(value);
    return read.ok && read.value < 0
      ? { ok: false, problem: `${value} is negative; expected a quantity such as 16Gi or 500m` }
      : read;
  }, 'a Kubernetes quantity: 16Gi, 500m, 4');

function parsePlain(value: string | number): Reading {
  const number = typeof value === 'number' || value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number)
    ? { ok: true, value: number }
    : { ok: false, problem: `${JSON.stringify(value)} is not a number` };
}

export function number(least: number, most = Infinity) {
  return scalar(
    (value): Reading => {
      const read = parsePlain(value);
      return read.ok && !(read.value >= least && read.value <= most)
        ? { ok: false, problem: `${value} is not ${rangeText('a number', least, most)}` }
        : read;
    },
    rangeText('a number', least, most),
  );
}

export function whole(least: number, most = Number.MAX_SAFE_INTEGER) {
  return scalar(
    (value): Reading => {
      const read = parsePlain(value);
      const fits =
        read.ok && Number.isInteger(read.value) && read.value >= least && read.value <= most;
      return read.ok && !fits
        ? { ok: false, problem: `${value} is not ${rangeText('a whole number', least, most)}` }
        : read;
    },
    rangeText('a whole number', least, most),
  );
}

function rangeText(kind: string, least: number, most: number): string {
  const bounded = most !== Infinity && most !== Number.MAX_SAFE_INTEGER;
  return bounded ? `${kind} from ${least} to ${most}` : `${kind} of ${least} or more`;
}

/** true or false; their text too, as parameters give it. */
export const flag = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false'])])
    .transform((value) => value === true || value === 'true')
    .describe('true or false');

const DNS_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A Kubernetes object's name. */
export const objectName = () =>
  z.string().refine((text) => DNS_NAME.test(text), {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is not a name of Kubernetes: lower-case letters, digits, "-" and "."`,
  });

/** An object's name, or, for a group, a pattern with its first number in braces: `web-{00}`. */
export const namePattern = () =>
  z
    .string()
    .refine((text) => DNS_NAME.test(text.replace(/\{\d+\}/g, '0')), {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is not a name; a group's names are numbered like web-{00}`,
    })
    .describe('a name; in a group, with its first number in braces: web-{00}');

/** Text; numbers are refused as Kubernetes refuses them (write "1.10" in quotes). */
export const labels = () => z.record(z.string(), z.string()).describe('labels: text to text');

export const quantities = () =>
  z.record(z.string(), quantity()).describe('resources: cpu, memory, hugepages-1Gi, …');

/** An object without other keys than these; a wrong key is told with the one probably meant. */
export function noun<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, known) : undefined,
  });
}

function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  const [first = ''] = keys;
  const meant = closest(first, known);
  return meant === null
    ? `unknown key "${first}"; known here: ${known.join(', ')}`
    : `unknown key "${first}"; did you mean "${meant}"?`;
}
