import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fleetJsonSchema } from '../../src/fleet/file/schema.js';
import { root } from '../cli/sluice.js';
import { fleetReference } from './fleet-reference.js';

const PAGE = join(root, 'docs/fleet-file.md');
const MARK = '<!-- Below is made from the schema. -->\n';

describe('docs/fleet-file.md', () => {
  // UPDATE=1 npm test -- test/docs/fleet-reference.test.ts writes it anew.
  it('is made from the schema, below what people wrote', () => {
    const text = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : MARK;
    const head = text.slice(0, text.indexOf(MARK) + MARK.length);
    const wanted = fleetReference(fleetJsonSchema(), head);
    if (process.env.UPDATE !== undefined) writeFileSync(PAGE, wanted);
    expect(readFileSync(PAGE, 'utf8') === wanted, 'run it with UPDATE=1').toBe(true);
  });

  it('names every section and field once', () => {
    const text = readFileSync(PAGE, 'utf8');
    const { properties } = fleetJsonSchema() as { properties: Record<string, unknown> };
    for (const name of Object.keys(properties)) expect(text).toContain(`## ${name}\n`);
    const sections = text.split(/^## /m).slice(1);
    for (const section of sections) {
      const fields = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, field]) => field);
      expect(new Set(fields).size).toBe(fields.length);
    }
  });
});
