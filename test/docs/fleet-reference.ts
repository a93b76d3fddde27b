/** The reference of the fleet file, from the schema that the loader reads with. */

/** The parts of JSON Schema that zod writes. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

interface Row {
  readonly path: string;
  readonly value: string;
  readonly description: string;
}

/** Markdown: a table for each section of the file, a row for each field. */
export function fleetReference(schema: object, head: string): string {
  const { properties = {}, $defs = {} } = schema as Schema;
  const guest = properties.guests?.items?.properties ?? {};
  const sections = Object.entries(properties).map(([name, section]) =>
    name === 'guestDefaults'
      ? { name, schema: { ...section, properties: without(section.properties ?? {}, guest) } }
      : { name, schema: section },
  );
  const defined = Object.entries($defs).map(([name, definition]) => ({ name, schema: definition }));
  const parts = [...sections, ...defined].map((part) => sectionText(part.name, part.schema));
  return `${head}\n${parts.join('\n')}`;
}

/** Fields that are told elsewhere already. */
function without(
  fields: Readonly<Record<string, Schema>>,
  told: Readonly<Record<string, Schema>>,
): Readonly<Record<string, Schema>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in told)));
}

function sectionText(name: string, schema: Schema): string {
  const rows = rowsOf('', schema, true);
  const own = schema.description ?? '';
  const same =
    name === 'guestDefaults' ? 'Every field of [guests](#guests) but a guest’s own.' : '';
  const intro = [own, same].filter((text) => text !== '').map((text) => `${cell(text)}\n\n`);
  if (rows.length === 0) {
    return `## ${name}\n${intro.join('')}${same === '' ? `${cell(kindOf(schema))}\n` : ''}`;
  }
  const table = rows.map(
    (row) => `| \`${row.path}\` | ${cell(row.value)} | ${cell(row.description)} |`,
  );
  return `## ${name}\n${intro.join('')}| field | value | what |\n| --- | --- | --- |\n${table.join('\n')}\n`;
}

function rowsOf(path: string, schema: Schema, atTop: boolean): readonly Row[] {
  const row = rowOf(path, schema);
  const own = atTop || path === '' ? [] : [row];
  const below = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) =>
    childrenOf(path, one),
  );
  return [...own, ...uniqueRows(below)];
}

/** A description that says no more than which kind of value it is stands as the value. */
const KINDS =
  /^(a (size|rate|share|duration|page rate|number|whole number|Kubernetes quantity)\b|0\.02 |true or false|a name)/;

function rowOf(path: string, schema: Schema): Row {
  const { description = '' } = schema;
  return KINDS.test(description)
    ? { path, value: description, description: '' }
    : { path, value: kindOf(schema), description };
}

function childrenOf(path: string, schema: Schema): readonly Row[] {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const rows = rowsOf(path === '' ? name : `${path}.${name}`, field, false);
    const [first, ...rest] = rows;
    if (first === undefined || !required.has(name)) return rows;
    const described = [first.description, 'required'].filter((text) => text !== '').join('; ');
    return [{ ...first, description: described }, ...rest];
  });
  const { items } = schema;
  return items === undefined ? fields : [...fields, ...rowsOf(`${path}[]`, items, true)];
}

/** Alternatives share fields: the first says it, a constant of each is joined. */
function uniqueRows(rows: readonly Row[]): readonly Row[] {
  const byPath = new Map<string, Row>();
  for (const row of rows) {
    const known = byPath.get(row.path);
    if (known === undefined) byPath.set(row.path, row);
    else if (!known.value.split(', ').includes(row.value)) {
      byPath.set(row.path, { ...known, value: `${known.value}, ${row.value}` });
    }
  }
  return [...byPath.values()];
}

function kindOf(schema: Schema): string {
  const { $ref, type, enum: values, items, anyOf, oneOf } = schema;
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  const alternatives = anyOf ?? oneOf;
  if (alternatives !== undefined) {
    const texts = [...new Set(alternatives.map(kindOf))];
    if (texts.includes('true or false')) return 'true or false';
    return texts.join(' or ');
  }
  if (type === 'array') return `list of ${items === undefined ? 'values' : kindOf(items)}`;
  if (type === 'object') return 'object';
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return 'text';
  if (type === 'null') return '`null`';
  if (Array.isArray(type) && type.includes('null')) return 'text or `null`';
  if (Array.isArray(type)) return 'text or number';
  return 'anything';
}

/** Text in a table: no bar ends a cell, and what stands in angle brackets is no markup. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}
