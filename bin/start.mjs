// `npm start`: the main job on the example fleet; `npm start -- ARGS` is `sluice ARGS`.
import { join, relative } from 'node:path';
import { launch } from './launch.mjs';
import { root } from './prepare.mjs';

const fleet = relative(process.cwd(), join(root, 'fleets/three-racks.yaml'));
const given = process.argv.slice(2);
await launch(given.length > 0 ? given : ['run', fleet, '--out', 'out']);
