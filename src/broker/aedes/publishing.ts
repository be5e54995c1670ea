import { packetTypeOf, packetTypes } from '../../mqtt/packet-type.ts';
import { type PublishHeader, parsePublish } from '../../mqtt/publish.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isRefusal } from '../../mqtt/refusal.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';

/** A PUBLISH at QoS 1 or 2 that the engine works on. */
export interface Publishing {
  readonly header: PublishHeader;
  /** To how many it went; undefined where it did not come to that, as it came before. */
  count: number | undefined;
  /** What the engine itself said of it; 0 for success. */
  reasonCode: number;
  /** What we said of it where we refused it: the engine has one reason code for that, and no reason. */
  denied: { readonly reasonCode: number; readonly message: string } | undefined;
}

export function publishingOf(frame: Buffer, version: ProtocolVersion): Publishing | undefined {
  if (packetTypeOf(frame) !== packetTypes.publish) return undefined;
  const header = parsePublish(frame, version);
  return isRefusal(header) || header.qos === 0
    ? undefined
    : { header, count: undefined, reasonCode: reasonCodes.success, denied: undefined };
}
