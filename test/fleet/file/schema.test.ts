import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fleetJsonSchema } from '../../../src/fleet/file/schema.js';

const PUBLISHED = fileURLToPath(new URL('../../../fleets/fleet.schema.json', import.meta.url));

describe('the JSON Schema for editors', () => {
  // UPDATE=1 npm test -- test/fleet/file/schema.test.ts writes it anew.
  it('is the schema that the loader reads with', () => {
    const text = `${JSON.stringify(fleetJsonSchema(), null, 1)}\n`;
    if (process.env.UPDATE !== undefined) {
      writeFileSync(PUBLISHED, text);
    }
    expect(readFileSync(PUBLISHED, 'utf8') === text, 'run it with UPDATE=1').toBe(true);
  });

  it('knows every section and refuses others', () => {
    const schema = fleetJsonSchema() as {
      properties: Record<string, unknown>;
      additionalProperties: boolean;
      required: string[];
    };
    expect(Object.keys(schema.properties)).toContain('guests');
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toEqual(['sluice']);
  });
});
