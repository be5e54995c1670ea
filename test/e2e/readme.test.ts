import { readFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { testListeners } from '../support/broker.ts';
import { launchBrowser } from '../support/browser.ts';
import { openConsole } from '../support/console-page.ts';
import { linkProgram } from '../support/installed.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { portOf, repository } from '../support/program.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));

/** The one command of the README that looks like this. */
function command(pattern: RegExp): string {
  const found = commands.filter((line) => pattern.test(line));
  expect(found, String(pattern)).toHaveLength(1);
  return found[0] ?? '';
}

const backends = [
  { name: 'the embedded hub', server: async () => undefined },
  { name: "Debian's nats-server", server: startNatsServer },
] as const;

describe.each(backends)('the quick start of the README on $name', ({ server }) => {
  test('shows a device, a browser and a service exchanging messages in all directions', async () => {
    await using natsServer = await server();
    await using directory = await temporaryDirectory();
    const listeners = testListeners.filter(({ name }) => name !== 'mqtt');
    const nats = natsServer === undefined ? { hub: { bind: '127.0.0.1:0' } } : { servers: [natsServer.url] };
    const certificates = { directory: join(directory.path, 'certs') };
    const store = { directory: join(directory.path, 'data') };
    await writeFile(join(directory.path, 'viaduct.yaml'), stringify({ listeners, nats, certificates, store }));
    for (const name of ['examples', 'node_modules']) await symlink(join(repository, name), join(directory.path, name));
    const { env: path } = await linkProgram(join(directory.path, 'prefix')); // npm link, as the page says

    await using program = runProgram('npm', ['start', '--', '--config', join(directory.path, 'viaduct.yaml')], {
      cwd: repository,
    });
    const ready = await program.stdout.waitFor(/ready/);
    const [oneWay, twoWay] = [...ready.matchAll(/mqtts:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port ?? '');
    const wss = String(portOf(ready, 'wss'));
    const env = { ...path, NATS_URL: natsServer?.url ?? `nats://127.0.0.1:${portOf(ready, 'nats')}` };
    /** A command as it stands in the README, with this test's ports. */
    const adapted = (pattern: RegExp, more = ''): readonly string[] => [
      '-c',
      command(pattern)
        .replace('-p 8884', `-p ${twoWay}`)
        .replace('viaduct pub', `viaduct pub --url mqtts://localhost:${oneWay}`)
        .concat(more),
    ];
    const options = { cwd: directory.path, env };

    await using service = runProgram('sh', adapted(/nats-service\.mjs$/), options);
    await service.stdout.waitFor(/listening/);
    await using device = runProgram('stdbuf', ['-oL', 'sh', ...adapted(/^mosquitto_sub/, ' -d')], options);
    await device.stdout.waitFor(/Subscribed/);
    await using browser = await launchBrowser('any');
    const page = await openConsole(await browser.newPage(), `https://localhost:${wss}/`);
    await page.connect();
    await page.subscribe('signal/#');

    expect(await runToEnd('sh', adapted(/^mosquitto_pub/), options)).toMatchObject({ code: 0 });
    expect(await runToEnd('sh', adapted(/nats-service\.mjs \S/), options)).toMatchObject({ code: 0 });
    expect(await runToEnd('sh', adapted(/^viaduct pub/), options)).toMatchObject({ code: 0 });
    await page.publish('signal/hello', 'from the browser');
    for (const who of ['the device', 'the service', 'the command line', 'the browser']) {
      await service.stdout.waitFor(new RegExp(`^signal\\.hello from ${who}$`));
      await device.stdout.waitFor(new RegExp(`^signal/hello from ${who}$`));
      await page.waitForLine('RECEIVED', `from ${who}`);
    }
    program.process.kill('SIGTERM');
    expect(await program.exited).toBe(0);
  });
});
