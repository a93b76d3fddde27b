/** Source files as the tidy test reads them: text, code without comments, imports and exports. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What is, or would be, in version control: paths from the root, with slashes. */
export function projectFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '-c', '-o', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\0').filter((path) => path !== '');
}

export function readProjectFile(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    // Listed by git, but removed from the work tree.
    return '';
  }
}

/**
 * The code with comments blanked out and, unless kept, what stands inside quotes too; line breaks
 * stay, so that line numbers do. Template literals are blanked as a whole.
 */
export function codeOf(text: string, keepQuoted = false): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=[(,=:[!&|?{};\n]\s*)\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;
  return text.replace(token, (found) => {
    if (keepQuoted && (found[0] === "'" || found[0] === '"')) return found;
    return found.replace(/[^\n]/g, ' ');
  });
}

export interface Import {
  /** As written: `./model.js`, `node:fs`, `zod`. */
  readonly specifier: string;
  /** Path of a file of ours, `.ts`; null for a package. */
  readonly file: string | null;
  /** Names taken; null for all of them (`* as`, dynamic, re-export of all). */
  readonly names: readonly string[] | null;
}

export function importsOf(path: string, text: string): readonly Import[] {
  const code = codeOf(text, true);
  const imports: Import[] = [];
  const statement =
    /\b(?:import|export)\s+(?:type\s+)?([\w$*{}\s,]*?)\s*from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;
  for (const [, clause, from, bare] of code.matchAll(statement)) {
    const specifier = from ?? bare ?? '';
    imports.push({ specifier, file: resolved(path, specifier), names: namesIn(clause) });
  }
  return imports;
}

/** `new URL('./x.js', import.meta.url)` and the launchers' `../dist/…` name files of ours too. */
function resolved(path: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix
    .join(posix.dirname(path), specifier)
    .replace(/^dist\//, 'src/')
    .replace(/\.js$/, '.ts');
}

function namesIn(clause: string | undefined): readonly string[] | null {
  if (clause === undefined || clause.includes('*')) return null;
  const braces = /\{([\s\S]*)\}/.exec(clause)?.[1] ?? '';
  const named = braces
    .split(',')
    .map((name) => name.replace(/^\s*type\s+/, '').trim())
    .filter((name) => name !== '')
    .map((name) => name.split(/\s+as\s+/)[0] ?? name);
  const outside = clause
    .replace(/\{[\s\S]*\}/, '')
    .replaceAll(',', '')
    .trim();
  return outside === '' ? named : [...named, 'default'];
}

export interface Export {
  readonly name: string;
  readonly isType: boolean;
}

export function exportsOf(text: string): readonly Export[] {
  const code = codeOf(text);
  const exports: Export[] = [];
  const declaration =
    /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(function\*?|const|let|class|enum|interface|type)\s+([\w$]+)/gm;
  for (const [, kind, name] of code.matchAll(declaration)) {
    if (name !== undefined) {
      exports.push({ name, isType: kind === 'interface' || kind === 'type' });
    }
  }
  for (const [, type, list] of code.matchAll(/^export\s+(type\s+)?\{([^}]*)\}\s*;/gm)) {
    for (const entry of (list ?? '').split(',')) {
      const name = entry
        .trim()
        .split(/\s+as\s+/)
        .at(-1);
      if (name !== undefined && name !== '') exports.push({ name, isType: type !== undefined });
    }
  }
  return exports;
}

export interface FunctionSpan {
  readonly line: number;
  readonly lines: number;
}

const FUNCTION_START =
  /^(?:export )?(?:default )?(?:async )?function\b|=> \{$|^(?!if|for|while|switch|catch|return|else|do\b)(?:(?:async|static|private|public|protected|readonly|get|set) )*[\w$#]+\([^;=]*\{$/;

/**
 * Functions and their length, by indentation: in formatted code a function ends at the first line
 * with its own indentation that starts with a closing brace and opens none.
 */
export function functionsOf(text: string): readonly FunctionSpan[] {
  const lines = codeOf(text).split('\n');
  const spans: FunctionSpan[] = [];
  lines.forEach((line, start) => {
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    if (!FUNCTION_START.test(line.slice(indent.length).trimEnd())) return;
    for (let end = start + 1; end < lines.length; end++) {
      const closing = lines[end] ?? '';
      if (closing.startsWith(`${indent}}`) && !closing.trimEnd().endsWith('{')) {
        spans.push({ line: start + 1, lines: end - start + 1 });
        return;
      }
    }
  });
  return spans;
}
