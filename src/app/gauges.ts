import type { Bridge, RuleState } from '../bridge/bridge.ts';
import type { Outbox, OutboxSize } from '../bridge/egress/outbox.ts';
import type { NatsLink } from '../bridge/link.ts';
import type { Broker } from '../broker/broker.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { Hub } from '../hub/hub.ts';
import type { Plane } from '../plane/plane.ts';
import type { AppTelemetry } from '../telemetry/telemetry.ts';
import type { TransportListener } from '../transport/listener.ts';
import type { Listeners } from './listeners.ts';

export interface GaugeSources {
  readonly certificates: Pick<Certificates, 'status'>;
  readonly broker: Broker;
  readonly plane: Plane;
  readonly nats: NatsLink;
  readonly hub: Hub | undefined;
  readonly listeners: Pick<Listeners, 'all'>;
  readonly bridge: Bridge;
  readonly outbox: Outbox | undefined;
}

/** Values that are read whenever metrics are. */
export function registerGauges({ gauge }: Pick<AppTelemetry, 'gauge'>, sources: GaugeSources): void {
  const { certificates, broker, plane, nats, hub, listeners, bridge, outbox } = sources;
  const total = (count: (listener: TransportListener) => number) => () =>
    listeners.all().reduce((sum, listener) => sum + count(listener), 0);
  gauge('mqtt_connections', 'MQTT connections, those before their CONNECT included.', () => broker.connections());
  registerTraffic(gauge, broker);
  gauge('memory_held_bytes', 'Bytes on their way, of all connections together; see limits.memory.', () =>
    broker.heldBytes(),
  );
  gauge('plane_subscriptions', 'Subscriptions of connected clients and of the bridge.', () => plane.subscriptions);
  gauge(
    'listener_connections',
    'Open connections of all listeners.',
    total((listener) => listener.connections()),
  );
  gauge(
    'listener_pending',
    'Connections in their handshake.',
    total((listener) => listener.pending()),
  );
  gauge('nats_connected', '1 while the bridge is connected to NATS.', () =>
    nats.state().status === 'connected' ? 1 : 0,
  );
  registerBridgeCounters(gauge, bridge);
  registerStreamGauge(gauge, bridge);
  registerCertificateGauges(gauge, certificates);
  if (outbox !== undefined) registerOutboxGauges(gauge, outbox, bridge);
  if (hub !== undefined) gauge('nats_hub_clients', 'Clients of the embedded hub.', () => hub.stats().connections);
}

/** Counted without an event for each packet. */
function registerTraffic(gauge: AppTelemetry['gauge'], { traffic }: Pick<Broker, 'traffic'>): void {
  const both = (name: string, help: string, received: keyof typeof traffic, sent: keyof typeof traffic): void =>
    gauge(name, help, () => [
      { labels: { direction: 'received' }, value: traffic[received] },
      { labels: { direction: 'sent' }, value: traffic[sent] },
    ]);
  both('mqtt_bytes_total', 'Bytes of MQTT, without those of TLS and WebSocket.', 'bytesReceived', 'bytesSent');
  both('mqtt_packets_total', 'MQTT control packets.', 'packetsReceived', 'packetsSent');
  both('mqtt_messages_total', 'PUBLISH packets.', 'messagesReceived', 'messagesSent');
  both('mqtt_message_bytes_total', 'Bytes of PUBLISH packets.', 'messageBytesReceived', 'messageBytesSent');
  gauge('mqtt_clients', 'Clients that are connected.', () => traffic.clients);
}

/** Counted without an event for each message; both directions of a rule that has both. */
function registerBridgeCounters(gauge: AppTelemetry['gauge'], bridge: Bridge): void {
  const read = (value: (tally: RuleState['toNats']) => number) => () =>
    bridge
      .state()
      .rules.flatMap(({ name, direction, toNats, fromNats }) => [
        ...(direction === 'from-nats' ? [] : [{ labels: { rule: name, direction: 'to-nats' }, value: value(toNats) }]),
        ...(direction === 'to-nats'
          ? []
          : [{ labels: { rule: name, direction: 'from-nats' }, value: value(fromNats) }]),
      ]);
  gauge(
    'bridge_messages_total',
    'Messages that the bridge passed on.',
    read(({ passed }) => passed),
  );
  gauge(
    'bridge_bytes_total',
    'Bytes of the payloads that the bridge passed on.',
    read(({ bytes }) => bytes),
  );
}

function registerStreamGauge(gauge: AppTelemetry['gauge'], bridge: Bridge): void {
  gauge('bridge_stream_in_flight', 'Messages of streams that a rule has taken and not acknowledged yet.', () =>
    bridge
      .state()
      .rules.flatMap(({ name, inFlight }) =>
        inFlight === undefined ? [] : [{ labels: { rule: name }, value: inFlight }],
      ),
  );
}

function registerOutboxGauges(gauge: AppTelemetry['gauge'], outbox: Outbox, bridge: Bridge): void {
  const read = (value: (size: OutboxSize) => number) => () =>
    bridge.rules
      .filter(({ ack, direction }) => ack === 'nats' && direction !== 'from-nats')
      .map(({ name: rule }) => ({ labels: { rule }, value: value(outbox.size(rule)) }));
  gauge(
    'bridge_outbox_messages',
    'Messages that were acknowledged and that NATS does not have yet.',
    read(({ messages }) => messages),
  );
  gauge(
    'bridge_outbox_bytes',
    'Bytes of the messages in the outbox.',
    read(({ bytes }) => bytes),
  );
}

function registerCertificateGauges(gauge: AppTelemetry['gauge'], { status }: Pick<Certificates, 'status'>): void {
  const secondsLeft = (notAfter: number, now: number): number => Math.floor((notAfter - now) / 1_000);
  gauge('certificate_expiry_seconds', 'Seconds until a certificate in use ends; negative when it has ended.', () => {
    const { now, certificates } = status();
    return certificates.map(({ file, subject, notAfter }) => ({
      labels: { file, subject },
      value: secondsLeft(notAfter, now),
    }));
  });
  gauge('revocation_list_expiry_seconds', 'Seconds until a revocation list ends; negative when it has ended.', () => {
    const { now, revocationLists } = status();
    return revocationLists.flatMap(({ file, issuer, nextUpdate }) =>
      nextUpdate === undefined ? [] : [{ labels: { file, issuer }, value: secondsLeft(nextUpdate, now) }],
    );
  });
  gauge('client_certificates', 'Client certificates issued here that count.', () => status().clients.valid);
  gauge(
    'client_certificates_expiring',
    'Client certificates issued here that end soon and were not renewed.',
    () => status().clients.expiring.length,
  );
  gauge(
    'client_certificates_on_old_authority',
    'Client certificates issued here by a CA that was replaced by one with another key.',
    () => status().clients.onOldAuthority.length,
  );
}
