import type { ConsoleFacts } from '../../console-facts.ts';
import { mosquittoSnippets } from './mosquitto.ts';
import { mqttJsSnippets } from './mqtt-js.ts';
import { natsCliSnippets, natsJsSnippets } from './nats.ts';
import { opensslSnippets } from './openssl.ts';
import { pahoSnippets } from './paho.ts';
import type { SnippetGroup } from './snippet.ts';
import { targetsOf } from './targets.ts';

/** Every snippet with the addresses and files of this broker. @param pageHost host under which the page was opened. */
export function snippetGroups(facts: ConsoleFacts, pageHost: string): readonly SnippetGroup[] {
  const targets = targetsOf(facts, pageHost);
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
