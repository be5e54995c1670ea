import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from './program.ts';

type Sections = Readonly<Record<string, unknown>>;

/**
 * The example under a heading of docs/access.md, with its listeners on free ports of this machine and without TLS.
 * @param file another page
 */
export function exampleUnder(
  heading: string,
  file = 'docs/access.md',
): { readonly access: Sections; readonly listeners: readonly Sections[] } {
  const page = readFileSync(join(repository, file), 'utf8');
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [, block] = /^```yaml\n(.*?)^```$/ms.exec(section) ?? [];
  if (block === undefined) throw new Error(`${file} has no example under "${heading}"`);
  const { access, listeners } = parse(block) as { access: Sections; listeners: Sections[] };
  return { access, listeners: listeners.map((one) => ({ ...one, bind: '127.0.0.1:0', tls: 'off' })) };
}
