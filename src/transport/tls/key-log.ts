import { closeSync, constants, createWriteStream, fchmodSync, openSync, type WriteStream } from 'node:fs';
import { messageOf, StartError } from '../../kernel/errors.ts';

/** Writes the secrets of TLS connections into a file, by which Wireshark reads what was sent. For debugging only. */
export interface KeyLog {
  /** @throws StartError where the file cannot be written. */
  start(): void;
  /** @param line as TLS gives it, with its line end; after `stop`, or when the disk is too slow, it is dropped. */
  write(line: Buffer): void;
  stop(): void;
}

const maxWaitingBytes = 1_048_576;

/** @param onError told of a file that fails later on. */
export function keyLog(options: {
  readonly listener: string;
  readonly file: string;
  readonly onError: (message: string) => void;
}): KeyLog {
  const { listener, file } = options;
  let stream: WriteStream | undefined;
  return {
    start() {
      stream = createWriteStream(file, { fd: open(listener, file) });
      stream.on('error', (error) => {
        stream = undefined;
        options.onError(`the key log ${file} cannot be written any more: ${messageOf(error)}`);
      });
    },
    write(line) {
      if (stream !== undefined && stream.writableLength + line.length <= maxWaitingBytes) stream.write(line);
    },
    stop() {
      stream?.end();
      stream = undefined;
    },
  };
}

/** Appends; never through a link that somebody else has put there, and readable by the owner alone. */
function open(listener: string, file: string): number {
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, flags, 0o600);
    fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw new StartError(
      'start-failed',
      `listener ${listener}: the key log ${file} cannot be written: ${messageOf(cause)}; name another file in keyLog, or leave it out`,
      { cause },
    );
  }
}
