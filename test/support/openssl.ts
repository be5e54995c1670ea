import { runToEnd } from './run-program.ts';

/** What openssl says, on either output. @throws Error where it does not succeed. */
export async function openssl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd('openssl', args);
  if (code !== 0) throw new Error(`openssl ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** What openssl says where it must not succeed. @throws Error where it does. */
export async function opensslRefuses(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd('openssl', args);
  if (code === 0) throw new Error(`openssl ${args.join(' ')} succeeded:\n${stdout}${stderr}`);
  return stdout + stderr;
}
