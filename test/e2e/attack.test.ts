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

/** Sleeps for a second most of the time: no processor is needed for that, and a busy machine takes away less of it than the limit leaves. */
const plant = `const cell = new Int32Array(new SharedArrayBuffer(4));
setInterval(() => void Atomics.wait(cell, 0, 0, 1000), 1050).unref();
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
