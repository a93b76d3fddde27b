/** The commands of the documentation: fenced blocks of `sh`, and `sluice …` inside a line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../cli/sluice.js';

export interface ShellBlock {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly script: string;
  /**
   * `run`: always run by the test. `slow`: only with SLUICE_DOCS=all, as it takes more than some
   * seconds. `cluster`: needs a cluster or somebody's own files; `bench`: measures the machine. These two are
   * never run here, only read.
   */
  readonly kind: 'run' | 'slow' | 'cluster' | 'bench';
  /** What stands in the block of `text` right behind it: its standard output. */
  readonly output: string | null;
}

/** README, CONTRIBUTING and all of docs/, as paths from the root. */
export function documents(): readonly string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const pages = inDocs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return ['README.md', 'CONTRIBUTING.md', ...pages.sort()];
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

const FENCE = /^```(sh(?: +\w+)?)\n([\s\S]*?)^```\n(?:\n?```text\n([\s\S]*?)^```\n)?/gm;

/** @throws Error for a mark that nobody knows */
export function blocksOf(text: string): readonly ShellBlock[] {
  return [...text.matchAll(FENCE)].map(({ 1: info = '', 2: script = '', 3: output, index }) => ({
    line: text.slice(0, index).split('\n').length,
    script,
    kind: kindOf(info),
    output: output ?? null,
  }));
}

function kindOf(info: string): ShellBlock['kind'] {
  const mark = info.replace(/^sh */, '');
  if (mark === '') return 'run';
  if (mark === 'slow' || mark === 'cluster' || mark === 'bench') return mark;
  throw new Error(`a block of sh is marked "${mark}"; known: slow, cluster, bench`);
}

/** Each command line of sluice that the text names, in blocks or within a line; without `sluice`. */
export function commandsOf(text: string): readonly string[] {
  const inline = [...text.matchAll(/`(?:npx )?sluice ([a-z][^`\n]*)`/g)].map(
    ([, rest = '']) => rest,
  );
  const inBlocks = [...text.matchAll(/^ *(?:\$ )?(?:npx )?sluice ([a-z].*)$/gm)].map(
    ([, rest = '']) => rest,
  );
  return [...inline, ...inBlocks];
}

/**
 * Whether what is shown is still what is printed: the words, and the figures within 5 %. Another draw
 * of the same moves figures a little; that alone makes no page wrong.
 */
export function isStillTrue(shown: string, printed: string): boolean {
  const words = (text: string): string => text.replace(FIGURE, '#').replace(/[ \t]+/g, ' ');
  const figures = (text: string): readonly number[] => (text.match(FIGURE) ?? []).map(Number);
  const [before, now] = [figures(shown), figures(printed)];
  const near = (a: number, b: number): boolean =>
    Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b)) + ROUNDING;
  return words(shown) === words(printed) && before.every((a, i) => near(a, now[i] ?? Number.NaN));
}

const FIGURE = /\d+(?:\.\d+)?/g;
const TOLERANCE = 0.05;
/** A small figure of a count or of milliseconds may be one off. */
const ROUNDING = 1;

/** The text with the output of its nth block replaced. */
export function withOutput(text: string, block: number, output: string): string {
  let n = -1;
  return text.replace(FENCE, (whole: string, _info, _script, before: string | undefined) => {
    n += 1;
    if (n !== block || before === undefined) return whole;
    return whole.replace(`\`\`\`text\n${before}`, () => `\`\`\`text\n${output}`);
  });
}
