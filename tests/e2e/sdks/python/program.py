"""A program with the Python SDK: works for some seconds, pushing every second to $SERVER, then stops the SDK properly."""

import math
import os
import time

import pyroscope

pyroscope.configure(
    application_name="python.app",
    server_address=os.environ["SERVER"],
    tenant_id="team",
    basic_auth_username="user",
    basic_auth_password="password",
    tags={"region": "eu"},
    upload_interval=1,
    mem_enabled=True,
    mem_heap_sample_size=4096,
)


def hot_loop(seconds):
    end = time.monotonic() + seconds
    kept = []
    while time.monotonic() < end:
        kept.append(bytearray(10_000))
        sum(math.sqrt(i) for i in range(100_000))


hot_loop(1.5)
with pyroscope.tag_wrapper({"controller": "hot"}):
    hot_loop(1.5)
pyroscope.shutdown()
