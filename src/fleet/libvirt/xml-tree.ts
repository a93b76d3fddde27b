/**
 * XML as libvirt writes it, as a tree whose elements know where they stand. Strict (saxes), as a
 * fragment: that refuses a DOCTYPE, hence all entities but XML's own five. Depth and number of elements
 * are bounded.
 */
import { SaxesParser } from 'saxes';
import { InputError } from '../input-error.js';
import { quoteShort } from '../source-document.js';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
  readonly file: string;
  /** `domain[0].devices.disk[1]` */
  readonly path: string;
  /** Where its tag begins; 1-based. */
  readonly position: { readonly line: number; readonly column: number };
}

type OpenElement = XmlElement & { text: string; readonly children: XmlElement[] };

/** A domain's deepest element stands at 8 or so. */
const DEEPEST = 64;
/** A domain has a few hundred. */
const MOST_ELEMENTS = 1_000_000;

/** The elements at the top, one or several. @throws InputError with line and column */
export function parseXml(file: string, text: string): readonly XmlElement[] {
  const roots: XmlElement[] = [];
  const open: OpenElement[] = [];
  let elements = 0;
  let start = { line: 1, column: 1 };
  const parser = new SaxesParser<{ fragment: true; xmlns: false }>({
    fragment: true,
    xmlns: false,
  });
  const fail = (problem: string): never => {
    const path = open.at(-1)?.path ?? '';
    throw new InputError(file, path, problem, { line: parser.line, column: parser.column + 1 });
  };
  parser.on('error', ({ message }) => fail(`not XML: ${message.replace(/^\d+:\d+: /, '')}`));
  parser.on('opentagstart', ({ name }) => {
    start = tagStart(parser.line, parser.column, name);
  });
  parser.on('opentag', ({ name, attributes }) => {
    elements += 1;
    if (open.length >= DEEPEST) fail(`nested deeper than ${DEEPEST} elements`);
    if (elements > MOST_ELEMENTS) fail(`more than ${MOST_ELEMENTS} elements`);
    const parent = open.at(-1);
    const siblings = parent?.children ?? roots;
    const path = childPath(parent?.path ?? '', name, siblings);
    const element = { name, attributes, children: [], text: '', file, path, position: start };
    siblings.push(element);
    open.push(element);
  });
  const addText = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
    else if (piece.trim() !== '') fail(`text outside of elements: ${quoteShort(piece.trim())}`);
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => void open.pop());
  parser.write(withoutDeclarations(text)).close();
  return roots;
}

/** Lists are numbered: siblings of one name stand side by side in what libvirt writes. */
function childPath(parent: string, name: string, siblings: readonly XmlElement[]): string {
  const last = siblings.at(-1);
  const before = last?.name === name ? Number(/\[(\d+)\]$/.exec(last.path)?.[1] ?? 0) + 1 : 0;
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  const numbered = before > 0 || parent === '' ? `${shown}[${before}]` : shown;
  return parent === '' ? numbered : `${parent}.${numbered}`;
}

/** The parser stands one character behind the name. */
function tagStart(line: number, column: number, name: string): XmlElement['position'] {
  const at = column - name.length - 1;
  return at >= 1 ? { line, column: at } : { line: Math.max(1, line - 1), column: 1 };
}

/** Files put one behind the other have one each; blanks in their place keep lines and columns. */
function withoutDeclarations(text: string): string {
  return text.replace(/<\?xml\s[^<>]{0,200}\?>/g, (found) => found.replace(/[^\n]/g, ' '));
}

export function xmlError({ file, path, position }: XmlElement, problem: string): InputError {
  return new InputError(file, path, problem, position);
}

/** The first child of that name, by steps; undefined where there is none. */
export function child(element: XmlElement, ...names: readonly string[]): XmlElement | undefined {
  let found: XmlElement | undefined = element;
  for (const name of names) found = found?.children.find((one) => one.name === name);
  return found;
}

export function childrenNamed(
  element: XmlElement | undefined,
  name: string,
): readonly XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? [];
}
