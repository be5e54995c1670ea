import { resolve } from 'node:path';
import type { Command } from 'commander';
import { topicNameProblem } from '../mqtt/topic.ts';
import { repeatable } from './config-options.ts';
import {
  addConnectionOptions,
  type ConnectionOptions,
  connectionTarget,
  durationOf,
  qosOfOption,
  qosOption,
  readOption,
  usage,
} from './connection-options.ts';
import type { Io } from './io.ts';
import { connectMqtt, type OutgoingMessage } from './mqtt-client.ts';

interface Options extends ConnectionOptions {
  readonly topic: string;
  readonly message?: string;
  readonly file?: string;
  readonly stdin?: true;
  readonly qos: string;
  readonly retain?: true;
  readonly userProperty: readonly string[];
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: string;
  readonly expiry?: string;
}

/** `pub`: publishes one message and waits until the server has it. */
export function addPubCommand(program: Command, io: Io): void {
  const command = program.command('pub').description('publish one message over MQTT');
  command
    .requiredOption('-t, --topic <topic>', 'topic to publish on')
    .option('-m, --message <text>', 'the payload; empty with -r clears the retained message')
    .option('--file <file>', 'send the content of a file')
    .option('--stdin', 'send what comes on standard input')
    .addOption(qosOption('quality of service; 1 and 2 wait for the acknowledgement'))
    .option('-r, --retain', 'keep it for those who subscribe later')
    .addOption(repeatable('--user-property <name=value>', 'user property; may be given again (MQTT 5)'))
    .option('--content-type <type>', 'content type (MQTT 5)')
    .option('--response-topic <topic>', 'topic for the answer (MQTT 5)')
    .option('--correlation-data <text>', 'what the answer must carry (MQTT 5)')
    .option('--expiry <duration>', 'drop it if undelivered for this long, in whole seconds (MQTT 5)');
  addConnectionOptions(command).action((options: Options) => publish(io, options));
}

async function publish(io: Io, options: Options): Promise<void> {
  const problem = topicNameProblem(options.topic);
  if (problem !== undefined) throw usage(`--topic: "${options.topic}" cannot be published on: ${problem}`);
  const properties = propertiesOf(options);
  const target = await connectionTarget(options, io);
  const message = {
    topic: options.topic,
    payload: await payloadOf(options, io),
    qos: qosOfOption(options.qos),
    isRetained: options.retain === true,
    ...(properties === undefined ? {} : { properties }),
  };
  const connection = await connectMqtt(target, () => undefined);
  try {
    await connection.publish(message);
  } finally {
    await connection.close();
  }
}

async function payloadOf({ message, file, stdin }: Options, io: Io): Promise<Buffer> {
  const given = [message, file, stdin].filter((source) => source !== undefined).length;
  if (given !== 1) throw usage('give the payload once: with --message, --file or --stdin');
  if (message !== undefined) return Buffer.from(message);
  if (file !== undefined) return readOption(resolve(io.cwd, file), '--file');
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function propertiesOf(options: Options): OutgoingMessage['properties'] {
  const { contentType, responseTopic, correlationData, expiry } = options;
  const userProperties = userPropertiesOf(options.userProperty);
  const properties = {
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData: Buffer.from(correlationData) }),
    ...(expiry === undefined ? {} : { messageExpiryInterval: expirySeconds(expiry) }),
    ...(userProperties === undefined ? {} : { userProperties }),
  };
  const names = Object.keys(properties);
  if (names.length === 0) return undefined;
  if (options.mqttVersion !== '5') throw usage('MQTT 3.1.1 has no properties; leave -V out or leave them out');
  return properties;
}

function userPropertiesOf(pairs: readonly string[]): Record<string, string[]> | undefined {
  if (pairs.length === 0) return undefined;
  const values = new Map<string, string[]>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw usage(`--user-property: "${pair}" is not name=value`);
    const name = pair.slice(0, equals);
    values.set(name, [...(values.get(name) ?? []), pair.slice(equals + 1)]);
  }
  return Object.fromEntries(values);
}

function expirySeconds(text: string): number {
  const ms = durationOf(text, '--expiry');
  if (ms % 1_000 !== 0) throw usage(`--expiry: MQTT counts whole seconds, "${text}" is none`);
  return ms / 1_000;
}
