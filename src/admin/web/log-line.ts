import { type PayloadPreview, visible } from './payload.ts';

export type LineWord = 'CONNECTED' | 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'SENT' | 'RECEIVED' | 'DISCONNECTED' | 'ERROR';

/** One line of the message log. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly word: LineWord;
  readonly text: string;
  readonly payload?: PayloadPreview | undefined;
}

export interface ShownMessage {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: PayloadPreview;
  /** MQTT 5 user properties in order. */
  readonly userProperties: readonly (readonly [key: string, value: string])[];
}

const shownProperties = 8;
const shownPropertyChars = 200;

export function messageLine(word: 'SENT' | 'RECEIVED', message: ShownMessage, at: number): LogLine {
  const facts = [`QoS ${message.qos}`];
  if (message.retain) facts.push('retained');
  facts.push(describeSize(message.payload));
  const shown = message.userProperties.slice(0, shownProperties).map(([key, value]) => cut(`${key}=${value}`));
  const more = message.userProperties.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  const properties = shown.length === 0 ? '' : ` {${shown.join(', ')}}`;
  return { at, word, text: visible(`${message.topic} (${facts.join(', ')})${properties}`), payload: message.payload };
}

function describeSize({ format, bytes, isCut }: PayloadPreview): string {
  if (format === 'empty') return 'empty';
  const size = bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${size}${format === 'hex' ? ', hex' : ''}${isCut ? ', beginning shown' : ''}`;
}

const cut = (text: string): string =>
  text.length > shownPropertyChars ? `${text.slice(0, shownPropertyChars)}…` : text;

/** Local time of day with milliseconds: `14:03:07.042`. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  const part = (value: number, digits: number): string => String(value).padStart(digits, '0');
  const seconds = [date.getHours(), date.getMinutes(), date.getSeconds()].map((value) => part(value, 2)).join(':');
  return `${seconds}.${part(date.getMilliseconds(), 3)}`;
}
