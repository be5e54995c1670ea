import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { fakeIo } from '../support/fake-io.ts';

test.each([
  [['--set', 'listeners[0].bind=127.0.0.1:0'], 'listener "mqtts" is on port 0'],
  [['--url', 'mqtt://localhost'], 'is no address to check'],
  [['--tls', 'one-way'], '--tls says what --url is'],
  [['--cert', 'a.pem'], '--cert and --key go together'],
  [['--url', 'mqtts://localhost', '--ca', 'none.pem'], '/none.pem cannot be read: there is no such file'],
  [['--url', 'mqtts://localhost', '--timeout', 'soon'], '--timeout: "soon" is not a duration'],
])('%j is refused in one line with exit code 2', async (args, problem) => {
  const io = fakeIo();
  await runCli(['doctor', 'tls', ...args], io);
  expect({ out: io.out(), code: io.exitCode() }).toEqual({ out: '', code: 2 });
  expect(io.err()).toContain(problem);
  expect(io.err().trimEnd().split('\n')).toHaveLength(1);
});
