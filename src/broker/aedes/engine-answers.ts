import type { ConnectPacket } from '../../mqtt/connect.ts';
import { variableBytesAt } from '../../mqtt/fields.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { writePacket } from '../../mqtt/write-packet.ts';
import { renameFilters } from './engine-filter.ts';
import type { EngineParsedPacket } from './engine-types.ts';

/** Corrects an answer of the engine. @param answer a whole packet */
export type AnswerFix = (answer: Buffer) => Buffer;

/**
 * Makes a packet one that the engine understands as it is meant.
 * @returns how its answer has to be corrected; undefined where it is right
 */
export function prepare(packet: EngineParsedPacket, { will, version }: ConnectPacket): AnswerFix | undefined {
  renameFilters(packet);
  const properties = packet.will?.properties;
  if (properties?.userProperties !== undefined && will !== undefined) {
    properties.userPropertyList = will.userProperties;
    delete properties.userProperties;
  }
  // the engine publishes the will for this code alone, and it belongs to every code but success [MQTT-3.14.4-3]
  if (packet.cmd === 'disconnect' && (packet.reasonCode ?? 0) !== reasonCodes.success)
    packet.reasonCode = reasonCodes.disconnectWithWillMessage;
  if (packet.cmd === 'subscribe')
    return subackFix((packet.subscriptions ?? []).map(({ topic, qos }) => ({ topic, qos })));
  if (packet.cmd === 'unsubscribe' && version === 5) return unsubackFix(packet.unsubscriptions ?? []);
  return undefined;
}

/** The engine keys an object by the filters of several, so each is answered once, and those like numbers come first. */
function subackFix(asked: readonly { readonly topic: string; readonly qos: number }[]): AnswerFix | undefined {
  const filters = asked.map(({ topic }) => topic);
  if (filters.length < 2) return undefined;
  const order = Object.keys(Object.fromEntries(filters.map((filter) => [filter, true])));
  if (order.length === filters.length && order.every((filter, index) => filter === filters[index])) return undefined;
  const place = new Map(order.map((filter, index) => [filter, index]));
  return (answer) => {
    const codes = answer.subarray(answer.length - order.length);
    const head = answer.subarray(1 + variableBytesAt(answer, 1), answer.length - order.length);
    const corrected = asked.map(({ topic, qos }) => {
      const code = codes[place.get(topic) ?? 0] ?? reasonCodes.unspecifiedError;
      return code >= reasonCodes.unspecifiedError ? code : qos;
    });
    return writePacket(answer[0] ?? 0, [], Buffer.concat([head, Buffer.from(corrected)]));
  };
}

/** A filter that is named again had no subscription any more. [MQTT-3.10.4-6] */
function unsubackFix(filters: readonly string[]): AnswerFix | undefined {
  if (new Set(filters).size === filters.length) return undefined;
  return (answer) => {
    const corrected = Buffer.from(answer);
    const first = corrected.length - filters.length;
    for (const [index, filter] of filters.entries())
      if (filters.indexOf(filter) !== index) corrected[first + index] = reasonCodes.noSubscriptionExisted;
    return corrected;
  };
}
