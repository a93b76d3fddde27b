#!/usr/bin/env node
// The package's bin: builds what is stale, then runs the command line.
import { launch } from './launch.mjs';

await launch(process.argv.slice(2));
