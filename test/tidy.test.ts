/**
 * Holds the house (docs/architecture.md): arrows between folders, folders that must run in a
 * browser, sizes, names, dead exports. A rule that a machine does not check is not counted on.
 */
import { describe, expect, it } from 'vitest';
import {
  codeOf,
  exportsOf,
  functionsOf,
  importsOf,
  projectFiles,
  readProjectFile,
} from './tidy/source.js';

const FILE_LINES_MOST = 400;
const FUNCTION_LINES_MOST = 70;

const files = projectFiles();
const code = files.filter((path) => /^(src|assembly|bench|test|bin)\/.*\.(ts|mjs)$/.test(path));
const texts = new Map(code.map((path) => [path, readProjectFile(path)]));
const sources = code.filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

/** All that is text, but for this file, which spells out what it looks for. */
const readable = files.filter(
  (path) => path !== 'test/tidy.test.ts' && !/\.(png|gz|wasm|pdf)$/.test(path),
);

const textOf = (path: string): string => texts.get(path) ?? '';
const folderOf = (path: string): string => path.split('/')[1] ?? '';

/** What each folder of src/ may import beside itself; all may read `fleet`. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  playground: ['outcome', 'simulation', 'qemu', 'kubevirt', 'network', 'memory'],
  cli: [
    'plan',
    'eta',
    'outcome',
    'validate',
    'simulation',
    'qemu',
    'kubevirt',
    'network',
    'memory',
  ],
  plan: ['outcome', 'simulation', 'qemu', 'kubevirt', 'network', 'memory'],
  outcome: ['simulation', 'qemu', 'kubevirt', 'network', 'memory'],
  eta: ['outcome', 'simulation', 'qemu', 'kubevirt', 'network', 'memory'],
  validate: ['outcome', 'simulation', 'qemu', 'kubevirt', 'network', 'memory'],
  simulation: ['qemu', 'kubevirt', 'network', 'memory'],
  qemu: [],
  kubevirt: [],
  network: [],
  memory: [],
  fleet: [],
};

/** Files that may need Node within the folders that must run in a browser. */
const NODE_FILES = /^src\/(memory\/(pool[^/]*|load-node)\.ts|fleet\/(load\/.*|load-[^/]*\.ts))$/;
const BROWSER_FOLDERS =
  /^(assembly|src\/(memory|qemu|kubevirt|network|simulation|fleet|playground))\//;
/** Pages for people: no part of the model, they may look at the clock. */
const PAGES = /^src\/playground\/page\//;
/** Says how long a thread was at its work, for `--profile`; its results do not depend on it. */
const WORKER = 'src/memory/pool-worker.ts';
/** Packages that run in a browser. */
const BROWSER_PACKAGES = ['yaml', 'zod', 'flatqueue', 'saxes', 'tinyqueue', 'uplot'];

const browserFiles = code.filter((path) => BROWSER_FOLDERS.test(path) && !NODE_FILES.test(path));

describe('the house', () => {
  it('has something to check', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter((path) => !(folderOf(path) in ARROWS))).toEqual([]);
  });

  it('keeps the arrows between folders', () => {
    const wrong = sources.flatMap((path) => {
      const allowed = new Set([folderOf(path), 'fleet', ...(ARROWS[folderOf(path)] ?? [])]);
      return importsOf(path, textOf(path))
        .filter(({ file }) => file !== null && !allowed.has(folderOf(file)))
        .map(({ specifier }) => `${path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  it('imports no file that is not there', () => {
    const missing = code.flatMap((path) =>
      importsOf(path, textOf(path))
        .filter(({ file }) => file?.endsWith('.ts') && !texts.has(file))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(missing).toEqual([]);
  });

  it('needs no Node where a browser must run it', () => {
    const wrong = browserFiles.flatMap((path) =>
      importsOf(path, textOf(path))
        .filter(({ specifier, file }) =>
          file === null ? !BROWSER_PACKAGES.includes(specifier) : NODE_FILES.test(file),
        )
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
    const globals = /(?<![.\w])(process|Buffer|require|__dirname|setImmediate)\b(?!\s*[?:=]\s)/;
    expect(
      matches(
        browserFiles.filter((path) => path.startsWith('src/')),
        globals,
      ),
    ).toEqual([]);
  });

  it('keeps clocks and chance out of the model', () => {
    const models = code.filter(
      (path) => BROWSER_FOLDERS.test(path) && !PAGES.test(path) && path !== WORKER,
    );
    const impure = /\b(Math\.random|Date\.now|new Date\(\)|performance\.now|setInterval)\b/;
    expect(matches(models, impure)).toEqual([]);
  });
});

describe('sizes and names', () => {
  it(`has files of at most ${FILE_LINES_MOST} lines`, () => {
    const long = code
      .map((path) => ({ path, lines: textOf(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > FILE_LINES_MOST);
    expect(long).toEqual([]);
  });

  it(`has functions of at most ${FUNCTION_LINES_MOST} lines`, () => {
    const long = code
      .filter((path) => !path.startsWith('test/'))
      .flatMap((path) => functionsOf(textOf(path)).map((span) => ({ path, ...span })))
      .filter(({ lines }) => lines > FUNCTION_LINES_MOST)
      .map(({ path, line, lines }) => `${path}:${line} has ${lines} lines`);
    expect(long).toEqual([]);
  });

  it('names files after what is in them', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|manager|misc|stuff)([-.]|$)/;
    expect(code.filter((path) => vague.test(path))).toEqual([]);
  });
});

describe('what is left behind', () => {
  it('exports nothing that no other file of the program uses', () => {
    const used = usedNames();
    const dead = sources.flatMap((path) => {
      const names = used.get(path);
      return exportsOf(textOf(path))
        .filter(({ name }) => !names?.has('*') && !names?.has(name))
        .filter(({ name, isType }) => !(isType && isMentionedAgain(path, name)))
        .map(({ name }) => `${path}: ${name}`);
    });
    expect(dead.sort()).toEqual(Object.keys(FOR_TESTS).sort());
  });

  it('has no notes to self, no any, no suppressed type error', () => {
    const own = code.filter((path) => path !== 'test/tidy.test.ts');
    expect(matches(own, /\b(TODO|FIXME|XXX|HACK)\b|@ts-nocheck|@ts-\S+\s*$/, textOf)).toEqual([]);
    // AssemblyScript's decorators are no TypeScript; each says so behind the colon.
    const typeScript = own.filter((path) => !path.startsWith('assembly/'));
    expect(matches(typeScript, /@ts-ignore/, textOf)).toEqual([]);
    expect(matches(typeScript, ANY_TYPE)).toEqual([]);
  });

  it('names no place on a machine and no registry', () => {
    expect(matches(readable, MACHINE_PLACES, readProjectFile)).toEqual([]);
  });

  it('states a rule itself, not the number of the issue that asked for it', () => {
    expect(matches(readable, /\bissues? \d/i, readProjectFile)).toEqual([]);
  });
});

const ANY_TYPE = /(:|\bas|<|,|\|)\s*any\b(?!\s*:)/;

const MACHINE_PLACES =
  /(^|[\s"'(=])\/(work|root|home|tmp)\/\w|"resolved":|https?:\/\/(localhost|127\.)/;

/** Exported for tests alone, each with what it is good for there. */
const FOR_TESTS: Readonly<Record<string, string>> = {
  'src/cli/terminal-text.ts: hasColours': 'a child process has no terminal to ask it of',
  'src/cli/warnings-report.ts: warningLines': 'what it cuts short takes many odd warnings',
  'src/fleet/file/schema.ts: fleetJsonSchema': 'a test holds, and writes, fleets/fleet.schema.json',
  'src/fleet/observed.ts: expectedDistinctPages':
    'measurements are made up by the law to be fitted',
  'src/memory/pool-worker.ts: serveWith':
    'a worker that dies or hangs is the real one but for that',
  'src/outcome/column.ts: millisecondsText': 'every whole number, which no run has',
  'src/outcome/column.ts: secondsText': 'every whole number, which no run has',
  'src/plan/policy-knobs.ts: NO_STALL_DETECTOR': 'a choice that differs from it in one field',
  'src/qemu/libvirt-migration.ts: libvirtMigration': 'the way back shows that nothing is lost',
};

/**
 * Which names of each file of ours the program imports; `*` for all of them. Tests and benches do
 * not count: what only they use is not needed.
 */
function usedNames(): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  for (const path of code.filter((path) => /^(src|bin)\//.test(path))) {
    for (const { file, names } of importsOf(path, textOf(path))) {
      if (file === null) continue;
      const known = used.get(file) ?? new Set<string>();
      for (const name of names ?? ['*']) known.add(name);
      used.set(file, known);
    }
  }
  return used;
}

/** A type is part of the public face when something else in its file is declared with it. */
function isMentionedAgain(path: string, name: string): boolean {
  const mentions = codeOf(textOf(path)).match(new RegExp(`\\b${name}\\b`, 'g'));
  return (mentions?.length ?? 0) > 1;
}

function matches(
  paths: readonly string[],
  pattern: RegExp,
  read: (path: string) => string = (path) => codeOf(textOf(path)),
): readonly string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
}
