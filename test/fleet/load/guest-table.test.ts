import { describe, expect, it } from 'vitest';
import { fleetFromFile } from '../../../src/fleet/file/fleet-file.js';
import { readGuestTable } from '../../../src/fleet/load/guest-table.js';

const TABLE = `Name,Namespace,Node,Memory,Dirty rate,Filled,vCPUs
db-0,shop,host-a,64Gi,200MiB/s,80%,8
web-0,shop,host-b,4Gi,,,
"web-1",,host-b,4Gi,1MiB/s,,2
`;

describe('a table of guests', () => {
  it('is a fleet: guests on their nodes, with the rates that are known', async () => {
    const { document, notes } = await readGuestTable('guests.csv', TABLE);
    const { fleet } = fleetFromFile(document);
    expect(fleet.nodes.map(({ name }) => name)).toEqual(['host-a', 'host-b']);
    expect(fleet.guests.map(({ namespace, name, node }) => [namespace, name, node])).toEqual([
      ['default', 'web-1', 'host-b'],
      ['shop', 'db-0', 'host-a'],
      ['shop', 'web-0', 'host-b'],
    ]);
    expect(fleet.guests[1]).toMatchObject({
      memoryBytes: 64 * 2 ** 30,
      vcpus: 8,
      workload: {
        kind: 'observed',
        dirtyRates: [{ windowSeconds: 1, bytesPerSecond: 200 * 2 ** 20 }],
      },
    });
    const counts = Object.fromEntries(notes.map(({ message, count }) => [message, count]));
    expect(counts['1 guests without a dirty rate; 8MiB/s is taken']).toBe(1);
    expect(counts['2 guests without a filled share; all memory is taken as filled']).toBe(2);
    expect(counts['2 nodes without link speeds; 25 Gbit/s is taken']).toBe(2);
  });

  const refused: readonly [string, string, RegExp][] = [
    ['no guest', 'name,node,memory\n', /the table has no guest/],
    ['an unknown column', 'name,node,memory,colour\na,b,1Gi,red\n', /row 1: column "colour"/],
    ['a missing column', 'name,memory\na,1Gi\n', /row 1: no column node/],
    ['a double column', 'name,node,memory,name\na,b,1Gi,a\n', /two columns name/],
    ['a formula', 'name,node,memory\n=cmd(),b,1Gi\n', /row 2, column name: "=cmd\(\)" is not a/],
    ['markup', 'name,node,memory\na,<b>,1Gi\n', /row 2, column node: "<b>" is not a/],
    ['ragged rows', 'name,node,memory\na,b\n', /row 2: 2 cells, the header has 3/],
    ['an empty cell', 'name,node,memory\na,,1Gi\n', /row 2, column node: is empty/],
    ['an empty cell below an empty row', 'name,node,memory\n\n,,\na,,1Gi\n', /row 4, column node/],
    ['a guest twice', 'name,node,memory\na,b,1Gi\na,c,1Gi\n', /default\/a stands in row 2/],
    ['an open quote', 'name,node,memory\n"a,b,1Gi\n', /not CSV|cells/],
  ];
  it.each(refused)('is refused with %s', async (_, text, problem) => {
    await expect(readGuestTable('guests.csv', text)).rejects.toThrow(problem);
  });

  it('is refused, not cut, with more guests than can be read', async () => {
    const table = 'name,node,memory\n\na,b,1Gi\n\nc,b,1Gi\n';
    const { document } = await readGuestTable('guests.csv', table, 2);
    expect(fleetFromFile(document).fleet.guests).toHaveLength(2);
    await expect(readGuestTable('guests.csv', `${table}d,b,1Gi\ne,b,1Gi\n`, 2)).rejects.toThrow(
      /^guests\.csv: row 6: more than 2 guests; split the table$/,
    );
  });

  it('tells the row of a quantity that is none', async () => {
    const { document } = await readGuestTable(
      'guests.csv',
      'name,node,memory\na,b,1Gi\n\nc,b,lots\n',
    );
    expect(() => fleetFromFile(document)).toThrow(
      /guests\.csv: guests\[1\]\.memory \(4:1\): .*lots/,
    );
  });
});
