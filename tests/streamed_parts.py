"""Reads the parts of a stream (studio/streams.py), as screens/streams.js does."""

import json
import struct


def parts(data):
    """(table, body) of every part."""
    found = []
    while data:
        (size,) = struct.unpack_from("<I", data)
        (length,) = struct.unpack_from("<I", data, 4 + size)
        found.append((json.loads(data[4 : 4 + size]), data[8 + size : 8 + size + length]))
        data = data[8 + size + length :]
    return found
