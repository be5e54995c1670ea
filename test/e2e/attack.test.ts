import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { scenarios } from '../attack/scenarios/all.ts';
import { judge, type Outcome } from '../attack/verdict.ts';
import { repository } from '../support/program.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const bin = join(repository, 'dist', 'bin.js');

/** Stands still for a second at each connection: every attack begins with one, however short it is, and no processor is needed for that. */
const plant = `import { Server } from 'node:net';
const cell = new Int32Array(new SharedArrayBuffer(4));
Server.prototype.emit = function (event, ...values) {
  if (event === 'connection') Atomics.wait(cell, 0, 0, 1000);
  return Object.getPrototypeOf(Server.prototype).emit.call(this, event, ...values);
};
`;

describe('npm run attack', () => {
  test('in its short form others wait less than 250 ms, lose nothing, and memory keeps its limit', {
    timeout: 600_000,
  }, async () => {
    await using directory = await temporaryDirectory();
    const json = join(directory.path, 'attack.json');
    const args = [join(repository, 'scripts', 'attack.mjs'), '--short', '--bin', bin, '--json', json];
    await using program = runProgram(process.execPath, args);
    const code = await program.exited;
    const { outcomes } = JSON.parse(await readFile(json, 'utf8')) as { outcomes: Outcome[] };
    expect(outcomes.flatMap((outcome) => judge(outcome).map((problem) => `${outcome.name}: ${problem}`))).toEqual([]);
    const played = scenarios.filter(({ notShort }) => notShort === undefined).map(({ name }) => name);
    expect(outcomes.map(({ name }) => name)).toEqual(played);
    for (const { name, pair } of outcomes) expect(pair.sent, name).toBeGreaterThan(0);
    expect(code).toBe(0);
  });

  test('a broker that stands still for a moment fails, and the command says how', async () => {
    await using directory = await temporaryDirectory();
    const slow = join(directory.path, 'bin.mjs');
    await writeFile(slow, `${plant}await import(${JSON.stringify(pathToFileURL(bin).href)});\n`);
    const args = [join(repository, 'scripts', 'attack.mjs'), '--short', '--bin', slow, '--only', 'topics-4000'];
    await using program = runProgram(process.execPath, args);
    expect(await program.exited).toBe(1);
    expect(program.stdout.text()).toMatch(/^FAILED topics-4000: others waited \d+ ms; the limit is 250 ms$/m);
  });
});
