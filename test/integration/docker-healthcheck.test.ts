import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { runToEnd } from '../support/run-program.ts';

const script = fileURLToPath(new URL('../../docker/healthcheck.mjs', import.meta.url));
const check = (port: number) => runToEnd(process.execPath, [script, `https://127.0.0.1:${port}/healthz`]);

test('the health check of the image succeeds while the broker runs, and says why when it does not', async () => {
  const broker = await startBroker();
  const port = broker.port('wss');
  try {
    const { code, stderr } = await check(port);
    expect([code, stderr.trim()]).toEqual([0, '']);
  } finally {
    await broker[Symbol.asyncDispose]();
  }
  const failed = await check(port);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/healthz: .*ECONNREFUSED/);
});
