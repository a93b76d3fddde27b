/** Keys, scalars of one line, and flow collections: what yaml-plain-reader.ts is made of. */

/** Thrown where only the whole of YAML can tell. */
export const NOT_PLAIN = new Error('not plain YAML');

export interface PlainText {
  readonly text: string;
  at: number;
}

const MOST_DEPTH = 40;

/** `{ a: 1, b: [x] }`. @param indent of what it is the value of: its lines lie further in */
export function plainFlow(reader: PlainText, indent: number, depth: number): unknown {
  if (depth > MOST_DEPTH) throw NOT_PLAIN;
  const isMap = reader.text[reader.at] === '{';
  const close = isMap ? '}' : ']';
  const map: Record<string, unknown> = {};
  const list: unknown[] = [];
  reader.at += 1;
  skipToToken(reader, indent);
  while (reader.text[reader.at] !== close) {
    if (isMap) {
      const key = plainKey(reader);
      if (key === null || Object.hasOwn(map, key)) throw NOT_PLAIN;
      skipToToken(reader, indent);
      map[key] = flowValue(reader, indent, depth);
    } else {
      list.push(flowValue(reader, indent, depth));
    }
    skipToToken(reader, indent);
    if (reader.text[reader.at] === close) break;
    if (reader.text[reader.at] !== ',') throw NOT_PLAIN;
    reader.at += 1;
    skipToToken(reader, indent);
    // Whether a comma may be the last is for others to say.
    if (reader.text[reader.at] === close) throw NOT_PLAIN;
  }
  reader.at += 1;
  return isMap ? map : list;
}

function flowValue(reader: PlainText, indent: number, depth: number): unknown {
  const char = reader.text[reader.at];
  if (char === '{' || char === '[') return plainFlow(reader, indent, depth + 1);
  return plainScalar(reader, 'flow');
}

/** Over spaces, ends of lines and comments. */
function skipToToken(reader: PlainText, indent: number): void {
  const { text } = reader;
  for (;;) {
    const char = text[reader.at];
    if (char === ' ') {
      reader.at += 1;
    } else if (char === '#' && /[ \n]/.test(text[reader.at - 1] ?? '')) {
      const end = text.indexOf('\n', reader.at);
      if (end < 0) throw NOT_PLAIN;
      reader.at = end;
    } else if (char === '\n') {
      reader.at += 1;
      refuseShallow(reader, indent);
    } else {
      return;
    }
  }
}

function refuseShallow({ text, at }: PlainText, indent: number): void {
  let first = at;
  while (text[first] === ' ') first += 1;
  const isBlank = text[first] === '\n' || text[first] === '#';
  if (!isBlank && first - at <= indent) throw NOT_PLAIN;
}

const KEY = /[A-Za-z_][\w./-]*(?=:[ \n])/y;
const QUOTED_KEY = /"([^"\\\n]*)"(?=:[ \n])|'([^'\n]*)'(?=:[ \n])/y;
/** Keys that are no text in YAML 1.2's core schema. */
const NO_TEXT = /^(?:null|true|false)$/i;

/** Goes behind its colon; null where it is none that is surely a key. */
export function plainKey(reader: PlainText): string | null {
  const { text, at } = reader;
  KEY.lastIndex = at;
  QUOTED_KEY.lastIndex = at;
  const plain = KEY.exec(text)?.[0];
  if (plain !== undefined) {
    if (NO_TEXT.test(plain) || plain === '__proto__') return null;
    reader.at = at + plain.length + 1;
    return plain;
  }
  const quoted = QUOTED_KEY.exec(text);
  const key = quoted?.[1] ?? quoted?.[2];
  if (quoted === null || key === undefined || key === '__proto__' || key === '<<') return null;
  reader.at = at + quoted[0].length + 1;
  return key;
}

const DOUBLE = /"([^"\\\n]*)"/y;
const SINGLE = /'((?:[^'\n]|'')*)'/y;
/** Up to a comment, or in flow to what ends a value; a colon only inside of a word. */
const PLAIN = {
  block: /(?:[A-Za-z0-9_./~+]|-(?=[\w.]))(?:[^\s:#]|:(?=[^\s])|(?<=[^\s])#| +(?=[^\s#]))*/y,
  flow: /(?:[A-Za-z0-9_./~+]|-(?=[\w.]))(?:[^\s:#,[\]{}]|:(?=[^\s,[\]{}])|(?<=[^\s])#| +(?=[^\s#,[\]{}]))*/y,
} as const;

export function plainScalar(reader: PlainText, where: keyof typeof PLAIN): unknown {
  const { text, at } = reader;
  const char = text[at];
  const pattern = char === '"' ? DOUBLE : char === "'" ? SINGLE : PLAIN[where];
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (found === null) throw NOT_PLAIN;
  reader.at = at + found[0].length;
  if (char === '"') return found[1];
  if (char === "'") return found[1]?.replaceAll("''", "'");
  if (text[reader.at] === ':') throw NOT_PLAIN;
  return coreValue(found[0]);
}

const WHOLE = /^[-+]?[0-9]+$/;
const DECIMAL = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** Other ways to write a number. */
const UNUSUAL = /^(?:0[ox]|[-+]?\.(?:inf|nan))/i;

/** YAML 1.2's core schema. */
function coreValue(text: string): unknown {
  switch (text) {
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return null;
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
  }
  if (!/^[-+.0-9]/.test(text)) return text;
  if (UNUSUAL.test(text)) throw NOT_PLAIN;
  if (WHOLE.test(text)) return Number.parseInt(text, 10);
  return DECIMAL.test(text) ? Number.parseFloat(text) : text;
}
