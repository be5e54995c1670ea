import { type Command, InvalidArgumentError } from 'commander';
import { AppError } from '../kernel/errors.ts';
import { topicFilterProblem } from '../mqtt/topic.ts';
import {
  addConnectionOptions,
  type ConnectionOptions,
  connectionTarget,
  durationOf,
  qosOfOption,
  qosOption,
  usage,
} from './connection-options.ts';
import { type Io, printLine } from './io.ts';
import { messageJson, printedMessage } from './message-text.ts';
import { connectMqtt } from './mqtt-client.ts';

interface Options extends ConnectionOptions {
  readonly topic: readonly string[];
  readonly qos: string;
  readonly count?: number;
  readonly timeout?: string;
  readonly json?: true;
}

const append = (value: string, before: readonly string[] = []): string[] => [...before, value];

function countOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number from 1.');
}

/** `sub`: prints messages until it is interrupted, has its count, or its time is over. */
export function addSubCommand(program: Command, io: Io): void {
  const command = program.command('sub').description('subscribe over MQTT and print what arrives');
  command
    .requiredOption('-t, --topic <filter>', 'topic filter; may be given again', append)
    .addOption(qosOption('highest quality of service to ask for'))
    .option('-C, --count <number>', 'end after this many messages', countOf)
    .option('--timeout <duration>', 'end after this time; a failure if --count is not reached')
    .option('--json', 'print each message as one line of JSON');
  addConnectionOptions(command).action((options: Options) => subscribe(io, options));
}

async function subscribe(io: Io, options: Options): Promise<void> {
  for (const filter of options.topic) {
    const problem = topicFilterProblem(filter);
    if (problem !== undefined) throw usage(`--topic: "${filter}" is no topic filter: ${problem}`);
  }
  const timeoutMs = options.timeout === undefined ? undefined : durationOf(options.timeout, '--timeout');
  const target = await connectionTarget(options, io);
  const wanted = options.count ?? Number.POSITIVE_INFINITY;
  const end = createEnd(io, timeoutMs);
  let received = 0;
  try {
    const connection = await connectMqtt(target, (message) => {
      if (received >= wanted) return;
      received += 1;
      io.stdout.write(options.json === true ? messageJson(message) : printedMessage(message, isTerminal(io.stdout)));
      if (received === wanted) end.now();
    });
    try {
      const granted = await connection.subscribe(options.topic, qosOfOption(options.qos));
      const list = options.topic.map((filter, index) => `${filter} (QoS ${granted[index] ?? options.qos})`);
      printLine(io.stderr, `subscribed to ${list.join(', ')}`);
      await Promise.race([end.reached, connection.failed]);
    } finally {
      await connection.close();
    }
  } finally {
    end.dispose();
  }
  if (options.count !== undefined && received < options.count && end.isTimeout())
    throw new AppError('client-failed', `${received} of ${options.count} messages arrived within ${options.timeout}`);
}

const isTerminal = (stream: NodeJS.WritableStream): boolean => 'isTTY' in stream && stream.isTTY === true;

/** What ends the subscription: the count, the time, or a signal. Owns the timer and the signal listeners. */
function createEnd(io: Io, timeoutMs: number | undefined) {
  let hasTimedOut = false;
  let now = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    now = resolve;
  });
  const cancelTimeout =
    timeoutMs === undefined
      ? undefined
      : io.clock.after(timeoutMs, () => {
          hasTimedOut = true;
          now();
        });
  const stopListening = (['SIGINT', 'SIGTERM'] as const).map((signal) => io.onSignal(signal, () => now()));
  return {
    reached,
    now: () => now(),
    isTimeout: () => hasTimedOut,
    dispose() {
      cancelTimeout?.();
      for (const stop of stopListening) stop();
    },
  };
}
