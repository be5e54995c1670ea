import { mosquittoSnippets } from './mosquitto.ts';
import { mqttJsSnippets } from './mqtt-js.ts';
import { natsCliSnippets, natsJsSnippets } from './nats.ts';
import { opensslSnippets } from './openssl.ts';
import { pahoSnippets } from './paho.ts';
import type { SnippetGroup } from './snippet.ts';
import type { Targets } from './targets.ts';

/** Every snippet with the addresses and files of this broker; programs of which nothing is known are left out. */
export function snippetGroups(targets: Targets): readonly SnippetGroup[] {
  const makers = [
    mosquittoSnippets,
    mqttJsSnippets,
    pahoSnippets,
    opensslSnippets,
    natsCliSnippets,
    natsJsSnippets,
  ] as const;
  return makers.map((make) => make(targets)).filter(({ snippets }) => snippets.length > 0);
}
