/** The protocol level of a connection: 3 is MQTT 3.1, 4 is MQTT 3.1.1, 5 is MQTT 5. */
export type ProtocolVersion = 3 | 4 | 5;

const names = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const;

/** The name people know, for log lines. */
export const versionName = (version: ProtocolVersion): 'MQTT 3.1' | 'MQTT 3.1.1' | 'MQTT 5' => names[version];
