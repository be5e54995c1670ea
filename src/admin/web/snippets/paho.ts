import { titleOf } from './mosquitto.ts';
import { literal, type Snippet, type SnippetGroup } from './snippet.ts';
import type { SnippetTarget, Targets } from './targets.ts';

export function pahoSnippets({ mqtt, files, example }: Targets): SnippetGroup {
  return {
    id: 'paho',
    title: 'Paho Python',
    install: 'pip install "paho-mqtt>=2"',
    snippets: mqtt.map(program),
  };

  function program({ host, port, tls }: SnippetTarget): Snippet {
    const text = [
      'import paho.mqtt.client as mqtt',
      '',
      'def on_connect(client, userdata, flags, reason_code, properties):',
      "    print('CONNECTED', reason_code)",
      `    client.subscribe(${literal(example.filter)}, qos=1)`,
      '',
      'def on_subscribe(client, userdata, mid, reason_codes, properties):',
      `    client.publish(${literal(example.topic)}, 'hello from paho', qos=1)`,
      '',
      'def on_message(client, userdata, message):',
      "    print('RECEIVED', message.topic, message.payload.decode())",
      '',
      'client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)',
      'client.on_connect = on_connect',
      'client.on_subscribe = on_subscribe',
      'client.on_message = on_message',
      ...tlsLines(tls),
      `client.connect(${literal(host)}, ${port})`,
      'client.loop_forever()',
    ];
    return { id: `paho-${tls}`, title: titleOf(tls), text: text.join('\n') };
  }

  function tlsLines(tls: SnippetTarget['tls']): readonly string[] {
    if (tls === 'off') return [];
    if (tls === 'one-way') return [`client.tls_set(ca_certs=${literal(files.chain)})`];
    return [
      'client.tls_set(',
      `    ca_certs=${literal(files.chain)},`,
      `    certfile=${literal(files.clientCertificate)},`,
      `    keyfile=${literal(files.clientKey)},`,
      ')',
    ];
  }
}
