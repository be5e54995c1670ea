import { shellWord } from '../../../kernel/shell-word.ts';
import { type Snippet, type SnippetGroup, shellCommand } from './snippet.ts';
import type { SnippetTarget, Targets } from './targets.ts';

const titles = { 'one-way': 'One-way TLS', 'two-way': 'Two-way TLS', off: 'Without TLS' } as const;
export const titleOf = (tls: SnippetTarget['tls']): string => titles[tls];

export function mosquittoSnippets({ mqtt, files, example }: Targets): SnippetGroup {
  return {
    id: 'mosquitto',
    title: 'mosquitto',
    install: 'Debian and Ubuntu: apt install mosquitto-clients',
    snippets: mqtt.flatMap((target) => [
      command('sub', target, ['-v', `-t ${shellWord(example.filter)}`]),
      command('pub', target, ['-q 1', `-t ${shellWord(example.topic)}`, `-m ${shellWord('hello from mosquitto')}`]),
    ]),
  };

  function command(verb: 'sub' | 'pub', target: SnippetTarget, rest: readonly string[]): Snippet {
    const { host, port, tls } = target;
    const trust = tls === 'off' ? [] : [`--cafile ${shellWord(files.chain)}`];
    const identity = [`--cert ${shellWord(files.clientCertificate)}`, `--key ${shellWord(files.clientKey)}`];
    return {
      id: `mosquitto-${verb}-${tls}`,
      title: `${titleOf(tls)}: ${verb === 'sub' ? 'subscribe' : 'publish'}`,
      text: shellCommand([
        `mosquitto_${verb} -h ${shellWord(host)} -p ${port}`,
        ...trust,
        ...(tls === 'two-way' ? identity : []),
        rest.join(' '),
      ]),
    };
  }
}
