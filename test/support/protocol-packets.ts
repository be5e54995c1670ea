/** Steps and packets of the scripts in test/protocol that would only be noise there. */

/** The CONNACK of MQTT 3.1.1 for a new session, and for one that goes on. */
export const accepted4 = '20 02 00 00';
export const resumed4 = '20 02 01 00';

/** What every MQTT 5 client is told: Receive Maximum 1024, Maximum Packet Size 1 MiB, Topic Alias Maximum 32. */
export const granted5 = '21 0400 27 00100000 22 0020';
/** The CONNACK of MQTT 5 for a new session, and for one that goes on. */
export const accepted5 = `20 .. 00 00 { ${granted5} }`;
export const resumed5 = `20 .. 01 00 { ${granted5} }`;

/** @param flags of CONNECT: 02 clean session, 00 a session that stays. @param rest of the payload */
export const connect4 = (id: string, flags = '02', rest = ''): string =>
  `10 .. 0004 "MQTT" 04 ${flags} 0000 s"${id}" ${rest}`;

/** @param properties in notation. @param flags 02 clean start */
export const connect5 = (id: string, properties = '', flags = '02', rest = ''): string =>
  `10 .. 0004 "MQTT" 05 ${flags} 0000 { ${properties} } s"${id}" ${rest}`;

/** Request Problem Information 0: no reason strings, so that a DISCONNECT has two bytes. */
export const terse = '17 00';
/** Session Expiry Interval of 600 s. */
export const lasting = '11 00000258';

/** A client with a name of one word connects under that name, with a clean session. */
export const open4 = (who: string): string => `${who} > ${connect4(who)}\n${who} < ${accepted4}`;
export const open5 = (who: string, properties = ''): string =>
  `${who} > ${connect5(who, properties)}\n${who} < ${accepted5}`;

/** A subscription with packet identifier 1. @param options of the subscription, in MQTT 3.1.1 its QoS */
export const subscribe4 = (who: string, filter: string, options = '00'): string =>
  `${who} > 82 .. 0001 s"${filter}" ${options}\n${who} < 90 03 0001 0${options.slice(-1)}`;
export const subscribe5 = (
  who: string,
  filter: string,
  options = '00',
  granted = `0${Number(`0x${options}`) % 4}`,
): string => `${who} > 82 .. 0001 00 s"${filter}" ${options}\n${who} < 90 04 0001 00 ${granted}`;
