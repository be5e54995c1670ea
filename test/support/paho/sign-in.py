"""Signs in with Paho, asks for a keep alive of 120 s and for subscriptions, and prints the answers as one line of JSON."""
import argparse
import json
import queue
import ssl

import paho.mqtt.client as mqtt

WAIT_SECONDS = 30

parser = argparse.ArgumentParser()
parser.add_argument('--port', type=int, required=True)
parser.add_argument('--version', type=int, choices=[4, 5], required=True)
parser.add_argument('--ca')
parser.add_argument('--user')
parser.add_argument('--password')
parser.add_argument('filters', nargs='*')
options = parser.parse_args()
V5 = options.version == 5

connacks, subacks = queue.Queue(), queue.Queue()


def connected(_client, _data, _flags, code, properties=None):
    keep_alive = getattr(properties, 'ServerKeepAlive', None) if V5 else None
    connacks.put((code.value if V5 else code, keep_alive))


client = mqtt.Client(client_id=f'paho-{options.version}', protocol=mqtt.MQTTv5 if V5 else mqtt.MQTTv311)
if options.ca:
    client.tls_set(options.ca, cert_reqs=ssl.CERT_REQUIRED, tls_version=ssl.PROTOCOL_TLS_CLIENT)
if options.user:
    client.username_pw_set(options.user, options.password)
client.on_connect = connected
client.on_subscribe = lambda _client, _data, _mid, codes, *_: subacks.put([getattr(code, 'value', code) for code in codes])
client.connect('localhost', options.port, keepalive=120)
client.loop_start()
answer, server_keep_alive = connacks.get(timeout=WAIT_SECONDS)
granted = []
if answer == 0:
    for topic_filter in options.filters:
        client.subscribe(topic_filter, 2)
        granted += subacks.get(timeout=WAIT_SECONDS)
client.disconnect()
client.loop_stop()
print(json.dumps({'connack': answer, 'serverKeepAlive': server_keep_alive, 'granted': granted}))
