/** What clients have sent and were sent since the start: figures that each packet adds to, so that nothing is made for it. */
export class Traffic {
  bytesReceived = 0;
  bytesSent = 0;
  /** MQTT control packets of any kind. */
  packetsReceived = 0;
  packetsSent = 0;
  /** PUBLISH, and its bytes with the fixed header. */
  messagesReceived = 0;
  messagesSent = 0;
  messageBytesReceived = 0;
  messageBytesSent = 0;
  /** Left out at QoS 0, for a client that does not read. */
  messagesSkipped = 0;
  /** Connected at the moment: clients, and those of them whose session outlives the connection. */
  clients = 0;
  sessions = 0;
  /** Clients at one time, at the most. */
  mostClients = 0;
}
