import { type ConnectPacket, connectStartBytes, connectStartFault } from '../../mqtt/connect.ts';
import type { FrameRules } from '../../mqtt/frame.ts';
import { exchangeByteFault, firstByteFault } from '../../mqtt/validate.ts';
import type { ProtocolVersion } from '../../mqtt/version.ts';
import type { LimitsOptions } from '../schema.ts';

/** For the first packet of a connection; what says its version is read in any case, as it is refused in its dialect. */
export const connectRules = ({ connectPacketSize }: LimitsOptions): FrameRules => ({
  maxBytes: connectPacketSize,
  setting: 'limits.connectPacketSize',
  headBytes: connectStartBytes,
  tellsPubacks: false,
  padding: 'kept', // whether it may be there depends on the version
  firstByteFault: connectStartFault,
});

/** For those between a CONNECT with an Authentication Method and CONNACK: little is taken of who is not known yet. */
const exchangeRules = ({ connectPacketSize }: LimitsOptions): FrameRules => ({
  maxBytes: connectPacketSize,
  setting: 'limits.connectPacketSize',
  headBytes: 0,
  tellsPubacks: false, // it may not come
  padding: 'refused',
  firstByteFault: exchangeByteFault,
});

/** For all packets after it. Clients of MQTT 3.1.1 may get what one sent as it is, and not all of them read padding. */
export const packetRules = ({ packetSize }: LimitsOptions, version: ProtocolVersion): FrameRules => ({
  maxBytes: packetSize,
  setting: 'limits.packetSize',
  headBytes: 0,
  tellsPubacks: true,
  padding: version === 5 ? 'refused' : 'removed',
  firstByteFault: (first) => firstByteFault(first, version),
});

/** For those that follow this CONNECT, until CONNACK. */
export const connectedRules = (
  limits: LimitsOptions,
  { version, authenticationMethod }: Pick<ConnectPacket, 'version' | 'authenticationMethod'>,
): FrameRules => (authenticationMethod === undefined ? packetRules(limits, version) : exchangeRules(limits));
