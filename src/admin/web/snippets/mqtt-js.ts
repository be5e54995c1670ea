import { bracketed } from './hosts.ts';
import { titleOf } from './mosquitto.ts';
import { literal, type Snippet, type SnippetGroup } from './snippet.ts';
import type { SnippetTarget, Targets } from './targets.ts';

export function mqttJsSnippets({ mqtt, webSocket, files, example }: Targets): SnippetGroup {
  const sockets = mqtt.filter(({ tls }) => tls !== 'off').map(overTls);
  return {
    id: 'mqtt-js',
    title: 'mqtt.js',
    install: 'npm install mqtt; save as hello.mjs and run it with node',
    snippets: webSocket === undefined ? sockets : [...sockets, overWebSocket(webSocket)],
  };

  function overTls({ host, port, tls }: SnippetTarget): Snippet {
    const url = `mqtts://${bracketed(host)}:${port}`;
    return {
      id: `mqtt-js-${tls}`,
      title: titleOf(tls),
      text: program(url, ["import { readFileSync } from 'node:fs';"], tlsOptions(tls)),
    };
  }

  function overWebSocket({ uri, tls }: NonNullable<Targets['webSocket']>): Snippet {
    const isTls = tls !== 'off';
    return {
      id: 'mqtt-js-websocket',
      title: isTls ? 'Over wss' : 'Over ws',
      note: 'In a browser leave out readFileSync and the files: the browser itself must trust the certificate.',
      text: program(uri, isTls ? ["import { readFileSync } from 'node:fs';"] : [], tlsOptions(tls)),
    };
  }

  function tlsOptions(tls: SnippetTarget['tls']): readonly string[] {
    if (tls === 'off') return [];
    const trust = `ca: readFileSync(${literal(files.chain)}),`;
    if (tls === 'one-way') return [trust];
    const certificate = `cert: readFileSync(${literal(files.clientCertificate)}),`;
    return [trust, certificate, `key: readFileSync(${literal(files.clientKey)}),`];
  }

  function program(url: string, imports: readonly string[], options: readonly string[]): string {
    return [
      ...imports,
      "import mqtt from 'mqtt';",
      '',
      `const client = await mqtt.connectAsync(${literal(url)}, {`,
      ...['protocolVersion: 5,', ...options].map((line) => `  ${line}`),
      '});',
      "client.on('message', (topic, payload) => console.log(topic, payload.toString()));",
      `await client.subscribeAsync(${literal(example.filter)}, { qos: 1 });`,
      `await client.publishAsync(${literal(example.topic)}, 'hello from mqtt.js', { qos: 1 });`,
    ].join('\n');
  }
}
