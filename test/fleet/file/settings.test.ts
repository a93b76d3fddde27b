/** `--set`, and parameters in a fleet file. */
import { describe, expect, it } from 'vitest';
import { fleetOf, problem, TWO_NODES } from './read-text.js';

describe('parameters and settings', () => {
  const text = `${TWO_NODES}
parameters: { many: 4, size: 2Gi, rack: "1" }
guests:
  - { name: "g-{0}", count: "\${many / 2}", nodes: "*", memory: "\${size}", workload: idle, labels: { of: "r\${rack}", literal: "$\${many}" } }`;

  it('fill in texts, with arithmetic', () => {
    const { guests } = fleetOf(text);
    expect(guests).toHaveLength(2);
    expect(guests[0]).toMatchObject({
      memoryBytes: 2 * 2 ** 30,
      labels: { of: 'r1', literal: `\${many}` },
    });
  });

  it('are set from outside, as any other value', () => {
    const set = [
      ['parameters.many', '6'],
      ['guests[0].memory', '1Gi'],
      ['drain.nodes', '[a]'],
      ['guests[0].labels["a.b/c"]', 'x'],
    ] as const;
    const { guests, drain } = fleetOf(text, set);
    expect(guests).toHaveLength(3);
    expect(guests[0]).toMatchObject({ memoryBytes: 2 ** 30, labels: { 'a.b/c': 'x' } });
    expect(drain.nodes).toEqual(['a']);
  });

  it.each([
    'kubevirt: { evictionStrategy: LiveMigrate }',
    'kubevirt: { configuration: { evictionStrategy: LiveMigrate } }',
    'kubevirt: { spec: { configuration: { evictionStrategy: LiveMigrate } } }',
    'kubevirt: { spec: { workloadUpdateStrategy: { batchEvictionSize: 2 } } }',
  ])("reach KubeVirt's configuration wherever it stands: %s", (kubevirt) => {
    const pathsOf = (field: string) => [
      `${field}`,
      `configuration.${field}`,
      `spec.configuration.${field}`,
    ];
    for (const path of pathsOf('migrations.parallelMigrationsPerCluster')) {
      const { kubevirt: inForce } = fleetOf(`sluice: 1\n${kubevirt}`, [[`kubevirt.${path}`, '7']]);
      expect(inForce.migrations.parallelMigrationsPerCluster).toBe(7);
      if (kubevirt.includes('LiveMigrate')) expect(inForce.evictionStrategy).toBe('LiveMigrate');
      else expect(inForce.workloadUpdates.batchEvictionSize).toBe(2);
    }
  });

  it('slips are told', () => {
    expect(problem(text, [['parameters.mnay', '1']])).toBe(
      '--set: parameters.mnay: the file has no parameter "mnay"; did you mean "many"?',
    );
    expect(problem(text, [['guests[7].memory', '1']])).toContain('there is no "guests.7"');
    expect(problem(text, [['guests[0].memroy', '1']])).toContain('did you mean "memory"?');
    expect(problem(text, [['a..b', '1']])).toContain('a path is like');
    expect(problem(`sluice: 1\nparameters: { a: 1 }\nname: "\${b}"`)).toBe(
      `fleet.yaml: name (3:7): \${b}: there is no parameter "b" (known: a)`,
    );
    expect(problem(`sluice: 1\nparameters: { a: 1 }\nname: "\${a *}"`)).toContain('a *');
  });

  it.each(['!!js/function "x"', '!tagged 1', '*nobody'])('%s is no value of a setting', (value) => {
    expect(problem('sluice: 1', [['name', value]])).toBe(
      `--set: name: ${JSON.stringify(value)} is not a value in YAML`,
    );
  });

  it('nest to a limit', () => {
    const name = (sum: string) => `sluice: 1\nparameters: { a: 1 }\nname: "\${${sum}}"`;
    const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
    expect(problem(name(nested(64)))).toBe('no error');
    expect(problem(name(Array(5000).fill('(a)').join('+')))).toBe('no error');
    for (const sum of [nested(65), nested(5000), `${'-'.repeat(5000)}a`]) {
      expect(problem(name(sum))).toMatch(
        /^fleet\.yaml: name \(3:7\): .{1,120}nest deeper than 64; .*$/,
      );
    }
  });
});

it('nodes and namespaces have the labels that Kubernetes gives them', () => {
  const { nodes, namespaces } = fleetOf(`sluice: 1
nodes: [{ name: a }, { name: b, labels: { kubernetes.io/hostname: other } }]
namespaces: [{ name: shop }]`);
  expect(nodes.map(({ labels }) => labels['kubernetes.io/hostname'])).toEqual(['a', 'other']);
  expect(namespaces[0]?.labels).toEqual({ 'kubernetes.io/metadata.name': 'shop' });
});

it("KubeVirt's configuration stands in one place", () => {
  expect(
    problem('sluice: 1\nkubevirt: { evictionStrategy: None, spec: { configuration: {} } }'),
  ).toMatch(
    /^fleet\.yaml: kubevirt\.evictionStrategy \(2:\d+\): stands beside spec; it belongs into/,
  );
  expect(problem('sluice: 1\nkubevirt: { migrations: {}, configuration: {} }')).toMatch(
    /kubevirt\.migrations .*it belongs into kubevirt\.configuration/,
  );
});
