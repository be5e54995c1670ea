/** CONNACK return codes of MQTT 3.1.1. [MQTT-3.2.2-4] */
const returnCodes = new Map([
  [1, 'the broker does not speak this MQTT version'],
  [2, 'the broker does not accept this client id'],
  [3, 'the broker is not available'],
  [4, 'the user name or password is malformed or wrong'],
  [5, 'this client is not authorized'],
]);

/** Reason codes of MQTT 5, 2.4. */
const reasonCodes = new Map([
  [0x80, 'refused without a reason'],
  [0x81, 'malformed packet'],
  [0x82, 'protocol error'],
  [0x83, 'the broker refuses this, though it is valid'],
  [0x84, 'the broker does not speak this MQTT version'],
  [0x85, 'the broker does not accept this client id'],
  [0x86, 'the user name or password is malformed or wrong'],
  [0x87, 'this client is not authorized'],
  [0x88, 'the broker is not available'],
  [0x89, 'the broker is busy'],
  [0x8a, 'this client is banned'],
  [0x8b, 'the broker is shutting down'],
  [0x8c, 'bad authentication method'],
  [0x8d, 'nothing was heard within the keep alive'],
  [0x8e, 'another client took over this client id'],
  [0x8f, 'the topic filter is invalid'],
  [0x90, 'the topic name is invalid'],
  [0x91, 'the packet identifier is in use'],
  [0x92, 'the packet identifier was not found'],
  [0x93, 'too many unacknowledged messages (receive maximum)'],
  [0x94, 'the topic alias is invalid'],
  [0x95, 'the packet is too large'],
  [0x96, 'messages come too fast'],
  [0x97, 'a quota is used up'],
  [0x98, 'closed by an administrator'],
  [0x99, 'the payload format is invalid'],
  [0x9a, 'retained messages are not supported'],
  [0x9b, 'this QoS is not supported'],
  [0x9c, 'use another server'],
  [0x9d, 'the server has moved'],
  [0x9e, 'shared subscriptions are not supported'],
  [0x9f, 'connections come too fast'],
  [0xa0, 'the maximum connect time has passed'],
  [0xa1, 'subscription identifiers are not supported'],
  [0xa2, 'wildcard subscriptions are not supported'],
]);

/** A CONNACK return code (below 128) or MQTT 5 reason code in words, with the number. */
export function reasonInWords(code: number): string {
  const words = (code < 0x80 ? returnCodes : reasonCodes).get(code) ?? 'unknown reason';
  return `${words} (0x${code.toString(16).padStart(2, '0')})`;
}

/** Close codes of RFC 6455 7.4.1 that a broker or browser sends. */
const closeCodes = new Map([
  [1000, 'closed normally'],
  [1001, 'the broker is going away'],
  [1002, 'WebSocket protocol error'],
  [1003, 'the broker takes binary frames only'],
  [1006, 'the connection broke off'],
  [1008, 'refused by the broker'],
  [1009, 'the message is too large'],
  [1011, 'the broker had an internal error'],
  [1012, 'the broker restarts'],
  [1013, 'the broker is busy'],
]);

export interface SocketEnd {
  /** True when the WebSocket had been open. */
  readonly wasOpen: boolean;
  readonly code: number;
  readonly reason: string;
}

/** Why a WebSocket ended. A browser hides why it never opened, so all that may be checked is named. */
export function socketEndInWords(uri: string, end: SocketEnd): string {
  if (!end.wasOpen)
    return (
      `${uri} cannot be reached, and the browser does not say why. ` +
      'Check that the broker runs, that host, port and path are right, that this browser trusts the certificate, and ' +
      'that the listener lets this page in: from another origin than its own only as listed in listeners[].origins.'
    );
  const words = closeCodes.get(end.code) ?? `WebSocket close code ${end.code}`;
  return end.reason === '' ? words : `${words}: ${end.reason}`;
}

/** What is wrong with a URI, or nothing. @param pageProtocol `https:` or `http:` */
export function uriProblem(uri: string, pageProtocol: string): string | undefined {
  if (!URL.canParse(uri)) return `"${uri}" is not a URI; write wss://host:port/path`;
  const { protocol } = new URL(uri);
  if (protocol === 'wss:') return undefined;
  if (protocol !== 'ws:')
    return `A browser speaks MQTT over WebSocket only; start the URI with wss://, not ${protocol}//`;
  if (pageProtocol === 'https:') return 'A page that came over https may open wss:// only, not ws://';
  return undefined;
}

/** What is wrong with a topic name, or nothing. [MQTT-3.3.2-2] */
export function topicMistake(topic: string): string | undefined {
  if (topic === '') return 'Write a topic, such as signal/hello';
  if (/[#+]/.test(topic)) return `"${topic}" has a wildcard; a message goes to one topic, without + and #`;
  return undefined;
}
