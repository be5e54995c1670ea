import { shellWord } from '../../../kernel/shell-word.ts';
import { literal, type SnippetGroup } from './snippet.ts';
import type { Targets } from './targets.ts';

export function natsCliSnippets({ nats, example }: Targets): SnippetGroup {
  const about = { id: 'nats-cli', title: 'NATS CLI', install: 'github.com/nats-io/natscli' };
  if (nats === undefined) return { ...about, snippets: [] };
  const server = `nats --server ${shellWord(nats)}`;
  return {
    ...about,
    snippets: [
      {
        id: 'nats-sub',
        title: 'Subscribe',
        note: isSame(example),
        text: `${server} sub ${shellWord(example.subjects)}`,
      },
      {
        id: 'nats-pub',
        title: 'Publish',
        text: `${server} pub ${shellWord(example.subject)} ${shellWord('hello from NATS')}`,
      },
    ],
  };
}

export function natsJsSnippets({ nats, example }: Targets): SnippetGroup {
  const about = {
    id: 'nats-js',
    title: 'nats.js',
    install: 'npm install @nats-io/transport-node; save as hello.mjs and run it with node',
  };
  if (nats === undefined) return { ...about, snippets: [] };
  const text = [
    "import { connect } from '@nats-io/transport-node';",
    '',
    `const nats = await connect({ servers: ${literal(nats)} });`,
    `const subscription = nats.subscribe(${literal(example.subjects)});`,
    `nats.publish(${literal(example.subject)}, 'hello from nats.js');`,
    'for await (const message of subscription) console.log(message.subject, message.string());',
  ];
  return {
    ...about,
    snippets: [{ id: 'nats-js', title: 'Subscribe and publish', note: isSame(example), text: text.join('\n') }],
  };
}

const isSame = ({ isBridged, topic, subject }: Targets['example']): string =>
  isBridged
    ? `Topic ${topic} is subject ${subject}: devices and browsers see the same messages.`
    : 'No bridge rule is configured, so MQTT clients do not see these messages.';
