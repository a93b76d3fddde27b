/** Threads, and the order of what a file lists, change no byte of the result. */
import { Document } from 'yaml';
import { parseDocument } from '../../src/fleet/load/document.js';
import type { Kernels } from '../../src/memory/kernels.js';
import type { PageWork } from '../../src/memory/page-work.js';
import { type RoundResult, type RoundTask, stepRound } from '../../src/memory/round.js';
import type { RunResult } from '../../src/simulation/result.js';
import { type Draw, drawOf } from './draw.js';

/** Page work as unruly threads do it: whatever was asked for in any order, and some of it late. */
export function unrulyPageWork(kernels: Kernels, seed: number): PageWork {
  const draw = drawOf(seed, 'threads');
  const asked = new Set<RoundTask>();
  const results = new Map<RoundTask, RoundResult>();
  const runSome = (): void => {
    for (const task of draw.shuffle([...asked])) {
      if (draw.chance(0.5)) continue;
      asked.delete(task);
      results.set(task, stepRound(kernels, task));
    }
  };
  const take = (task: RoundTask): RoundResult => {
    const result = results.get(task) ?? stepRound(kernels, task);
    asked.delete(task);
    results.delete(task);
    return result;
  };
  return {
    threads: 2,
    ask: (task) => {
      asked.add(task);
      runSome();
    },
    take: (task) => (draw.chance(0.1) ? Promise.resolve().then(() => take(task)) : take(task)),
    forget: (task) => {
      asked.delete(task);
      results.delete(task);
    },
    release: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** Lists of the file whose order says nothing. */
const UNORDERED = ['nodes', 'guests', 'migrationPolicies', 'namespaces', 'otherPods', 'events'];

/** The same file with its keys and lists in another order. */
export function shuffledFile(text: string, seed: number): string {
  const draw = drawOf(seed, 'order');
  const { value } = parseDocument('fleet.yaml', text);
  const file = shuffledKeys(draw, value) as Record<string, unknown>;
  for (const key of UNORDERED) {
    const list = file[key];
    if (Array.isArray(list)) file[key] = draw.shuffle(list);
  }
  return new Document(file).toString({ lineWidth: 0 });
}

function shuffledKeys(draw: Draw, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffledKeys(draw, item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, shuffledKeys(draw, inner)]);
  return Object.fromEntries(draw.shuffle(entries));
}

/** Throws an Error that names the first difference. */
export function compareResults(what: string, one: RunResult, other: RunResult): void {
  for (const key of Object.keys(one) as (keyof RunResult)[]) {
    const [a, b] = [textOf(one, key), textOf(other, key)];
    if (a === b) continue;
    const at = [...a].findIndex((character, i) => character !== b[i]);
    const part = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
    throw new Error(`${what}: ${key} differs: …${part(a)}… and …${part(b)}…`);
  }
}

function textOf(result: RunResult, key: keyof RunResult): string {
  return JSON.stringify(key === 'links' ? [...result.links] : result[key]);
}
