#!/usr/bin/env node
import { processIo } from './cli/io.ts';
import { runCli } from './cli/run.ts';

// The reader of our output may leave early (`viaduct sub -t '#' | head -1`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

await runCli(process.argv.slice(2), processIo());
