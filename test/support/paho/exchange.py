"""Does with Paho what a device does, and prints what it saw as one line of JSON."""
import argparse
import json
import queue
import ssl

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

WAIT_SECONDS = 30

parser = argparse.ArgumentParser()
parser.add_argument('--port', type=int, required=True)
parser.add_argument('--transport', choices=['tcp', 'websockets'], required=True)
parser.add_argument('--version', type=int, choices=[4, 5], required=True)
parser.add_argument('--ca', required=True)
parser.add_argument('--cert')
parser.add_argument('--key')
options = parser.parse_args()
V5 = options.version == 5
PREFIX = f'paho/{options.transport}/{options.version}/{"two" if options.cert else "one"}'


class Device:
    """A client whose callbacks become queues."""

    def __init__(self, name, clean=True, will=None):
        self.clean = clean
        self.connacks, self.subacks, self.acks, self.messages = (queue.Queue() for _ in range(4))
        more = {} if V5 else {'clean_session': clean}
        self.client = mqtt.Client(
            client_id=f'{PREFIX}/{name}',
            protocol=mqtt.MQTTv5 if V5 else mqtt.MQTTv311,
            transport=options.transport,
            **more,
        )
        self.client.tls_set(
            options.ca, options.cert, options.key, cert_reqs=ssl.CERT_REQUIRED, tls_version=ssl.PROTOCOL_TLS_CLIENT
        )
        if options.transport == 'websockets':
            self.client.ws_set_options(path='/mqtt')
        if will is not None:
            self.client.will_set(will, b'gone', qos=1)
        self.client.on_connect = lambda _client, _data, flags, code, *_: self.connacks.put((flags, str(code)))
        self.client.on_subscribe = lambda _client, _data, mid, codes, *_: self.subacks.put(codes)
        self.client.on_publish = lambda _client, _data, mid: self.acks.put(mid)
        self.client.on_message = lambda _client, _data, message: self.messages.put(message)

    def connect(self):
        """Returns whether the broker had a session."""
        more = {}
        if V5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 0 if self.clean else 600
            more = {'clean_start': self.clean, 'properties': properties}
        self.client.connect('localhost', options.port, **more)
        self.client.loop_start()
        flags, code = self.connacks.get(timeout=WAIT_SECONDS)
        assert code in ('0', 'Success'), code
        return bool(flags['session present'])

    def subscribe(self, *filters):
        """Returns the granted QoS of each."""
        self.client.subscribe([(topic, mqtt.SubscribeOptions(qos=qos)) for topic, qos in filters] if V5 else list(filters))
        return [code.value if V5 else code for code in self.subacks.get(timeout=WAIT_SECONDS)]

    def publish(self, topic, payload, **more):
        """Returns when the message is acknowledged."""
        self.client.publish(topic, payload, **more)
        self.acks.get(timeout=WAIT_SECONDS)

    def take(self, count):
        return [self.messages.get(timeout=WAIT_SECONDS) for _ in range(count)]

    def disconnect(self):
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self):
        """Ends the connection without DISCONNECT."""
        self.client.loop_stop()
        self.client.socket().close()


def seen(message):
    return [message.topic, message.payload.decode(), message.qos, int(message.retain)]


def each_qos(publisher):
    subscriber = Device('each')
    subscriber.connect()
    granted = subscriber.subscribe(*[(f'{PREFIX}/q/{qos}', qos) for qos in range(3)])
    for qos in range(3):
        publisher.publish(f'{PREFIX}/q/{qos}', f'at {qos}', qos=qos)
    messages = sorted(seen(message)[1:] for message in subscriber.take(3))
    subscriber.disconnect()
    return {'granted': granted, 'messages': messages}


def retained(publisher):
    topic = f'{PREFIX}/retained'
    publisher.publish(topic, 'kept', qos=1, retain=True)
    late = Device('late')
    late.connect()
    late.subscribe((topic, 1))
    messages = [seen(message)[1:] for message in late.take(1)]
    late.disconnect()
    publisher.publish(topic, '', qos=1, retain=True)
    return messages


def will(publisher):
    topic = f'{PREFIX}/will'
    witness = Device('witness')
    witness.connect()
    witness.subscribe((topic, 1))
    leaver = Device('leaver', will=topic)
    leaver.connect()
    leaver.vanish()
    messages = [seen(message)[1:] for message in witness.take(1)]
    witness.disconnect()
    return messages


def returning(publisher):
    topic = f'{PREFIX}/away'
    device = Device('returning', clean=False)
    before = device.connect()
    device.subscribe((topic, 2))
    device.disconnect()
    for number in range(20):
        publisher.publish(topic, f'{number}', qos=1 + number % 2)
    device = Device('returning', clean=False)
    after = device.connect()
    messages = device.take(20)
    device.disconnect()
    by_qos = {qos: [int(message.payload) for message in messages if message.qos == qos] for qos in (1, 2)}
    return {'present': [before, after], 'messages': by_qos}


def request(publisher):
    """A call and its answer, with everything that MQTT 5 carries beside the payload."""
    topic, answers = f'{PREFIX}/call', f'{PREFIX}/answers'
    callee = Device('callee')
    callee.connect()
    callee.subscribe((topic, 1))
    caller = Device('caller')
    caller.connect()
    caller.subscribe((answers, 1))
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = answers
    properties.CorrelationData = b'\x00\x01\xff'
    properties.ContentType = 'text/plain'
    properties.UserProperty = [('b', '1'), ('a', '2'), ('b', '3')]
    caller.publish(topic, 'question', qos=1, properties=properties)
    [call] = callee.take(1)
    reply = Properties(PacketTypes.PUBLISH)
    reply.CorrelationData = call.properties.CorrelationData
    callee.publish(call.properties.ResponseTopic, 'answer', qos=1, properties=reply)
    [answer] = caller.take(1)
    for device in (caller, callee):
        device.disconnect()
    return {
        'contentType': call.properties.ContentType,
        'userProperties': call.properties.UserProperty,
        'answer': answer.payload.decode(),
        'correlation': answer.properties.CorrelationData.hex(),
    }


publisher = Device('publisher')
publisher.connect()
result = {part.__name__: part(publisher) for part in (each_qos, retained, will, returning, *([request] if V5 else []))}
publisher.disconnect()
print(json.dumps(result))
