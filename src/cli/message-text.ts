import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from './mqtt-client.ts';

/** `topic payload` and a line end. On a terminal, control characters are written out so that no sender can steer it. */
export function printedMessage({ topic, payload }: IncomingMessage, isForTerminal: boolean): Buffer {
  if (isForTerminal) return Buffer.from(`${visible(topic)} ${visible(payload.toString())}\n`);
  return Buffer.concat([Buffer.from(`${topic} `), payload, Buffer.from('\n')]);
}

const visible = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\t\n]/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** One line of JSON. The payload is text where it is valid UTF-8, else base64, as `encoding` says. */
export function messageJson({ topic, payload, qos, isRetained, properties }: IncomingMessage): string {
  const isText = isUtf8(payload);
  const { correlationData, userProperties, ...plain } = properties;
  const line = {
    topic,
    qos,
    retain: isRetained,
    payload: payload.toString(isText ? 'utf8' : 'base64'),
    encoding: isText ? 'utf8' : 'base64',
    properties: {
      ...plain,
      ...(correlationData === undefined ? {} : { correlationData: correlationData.toString('base64') }),
      ...(userProperties === undefined ? {} : { userProperties: { ...userProperties } }),
    },
  };
  return `${JSON.stringify(line)}\n`;
}
