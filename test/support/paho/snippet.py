"""Runs a program written for Paho 2 on Paho 1.6, which differs for MQTT 5 only in the first argument of Client."""
import sys

import paho.mqtt.client as mqtt

if not hasattr(mqtt, 'CallbackAPIVersion'):

    class CallbackAPIVersion:
        VERSION2 = 2

    class Client(mqtt.Client):
        def __init__(self, _api_version, **more):
            super().__init__(**more)

    mqtt.CallbackAPIVersion = CallbackAPIVersion
    mqtt.Client = Client

exec(compile(sys.argv[1], 'snippet', 'exec'))
