import { type Snippet, type SnippetGroup, shellCommand, snippetWord } from './snippet.ts';
import type { SnippetTarget, Targets } from './targets.ts';

const titles = { 'one-way': 'One-way TLS', 'two-way': 'Two-way TLS', off: 'Without TLS' } as const;
export const titleOf = (tls: SnippetTarget['tls']): string => titles[tls];

export function mosquittoSnippets({ mqtt, files, example }: Targets): SnippetGroup {
  return {
    id: 'mosquitto',
    title: 'mosquitto',
    install: 'Debian and Ubuntu: apt install mosquitto-clients',
    snippets: mqtt.flatMap((target) => [
      command('sub', target, ['-v', `-t ${snippetWord(example.filter)}`]),
      command('pub', target, ['-q 1', `-t ${snippetWord(example.topic)}`, `-m ${snippetWord('hello from mosquitto')}`]),
    ]),
  };

  function command(verb: 'sub' | 'pub', target: SnippetTarget, rest: readonly string[]): Snippet {
    const { host, port, tls } = target;
    const trust = tls === 'off' ? [] : [`--cafile ${snippetWord(files.chain)}`];
    const identity = [`--cert ${snippetWord(files.clientCertificate)}`, `--key ${snippetWord(files.clientKey)}`];
    return {
      id: `mosquitto-${verb}-${tls}`,
      title: `${titleOf(tls)}: ${verb === 'sub' ? 'subscribe' : 'publish'}`,
      text: shellCommand([
        `mosquitto_${verb} -h ${snippetWord(host)} -p ${port}`,
        ...trust,
        ...(tls === 'two-way' ? identity : []),
        rest.join(' '),
      ]),
    };
  }
}
