/** Headers that carry what MQTT has and NATS has not. Names are matched in any case; written as here. */
export const headerNames = {
  origin: 'Mqtt-Bridge-Origin',
  topic: 'Mqtt-Bridge-Topic',
  qos: 'Mqtt-Qos',
  retain: 'Mqtt-Retain',
  payloadFormat: 'Mqtt-Payload-Format',
  messageExpiry: 'Mqtt-Message-Expiry',
  contentType: 'Mqtt-Content-Type',
  responseTopic: 'Mqtt-Response-Topic',
  correlationData: 'Mqtt-Correlation-Data',
  userProperty: 'Mqtt-User-Property',
} as const;

export type HeaderField = keyof typeof headerNames;

/** What a header that is ignored was; a closed list, because it labels a counter. */
export type InvalidHeader = HeaderField | 'unknown' | 'foreign';
