#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets, tests/fuzz/corpus/TARGET/NAME: run it after a change here.

What a target reads from its input is said at the head of TARGET.c.
"""
import base64
import gzip
import hashlib
import json
import pathlib
import struct
import sys
import tarfile
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "support"))

import wasm  # noqa: E402
from bundles import PLUGIN, Forgery, described, entry  # noqa: E402


class F32(float):
    """A float that crosses as 32 bits."""


def head(major: int, value: int) -> bytes:
    """RFC 8949, section 3."""
    if value < 24:
        return bytes([major << 5 | value])
    for extra, size in enumerate((1, 2, 4, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | 24 + extra]) + value.to_bytes(size, "big")
    raise ValueError(value)


def cbor(value) -> bytes:
    """The value as CBOR, of the shapes that src/wire/value.h lists."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, F32):
        return b"\xfa" + struct.pack(">f", value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def frame(*items) -> bytes:
    """One frame as src/wire/frame.h has it."""
    content = cbor(list(items))
    return struct.pack("<I", len(content)) + content


READING = {"sensor-id": "dht22", "temperature": F32(21.5), "humidity": F32(float("nan")),
           "timestamp-ms": 1750000000000}


def frames() -> dict[str, bytes]:
    """What guests send."""
    imports = [["harvester:plugin/i2c@0.1.0", "write-read", wasm_signature()],
               ["demo:plugin/gpio-provider@0.2.0", "get-timestamp-ms", "func() -> u64"]]
    host = frame(18, 1, "i2c", "write-read", [1, 0x77, b"\xd0", 1])
    seeds = {
        "ready": frame(16, 0, ["poll", "render", "update"]),
        "answer-reading": frame(17, 7, 0, [READING]),
        "answer-error": frame(17, 8, 1, "ValueError: no sensor"),
        "answer-trap": frame(17, 8, 2, "trap: wasm `unreachable`"),
        "host": host,
        "forked": frame(19, 3, 4711),
        "log": frame(20, 2, b"a line \x1b[31m with colour\n"),
        "imports": frame(21, 0, imports),
        "exchange": frame(16, 0, ["poll"]) + host + frame(17, 1, 0, [READING]) + frame(20, 1, b"x"),
        "integers": frame(17, 1, 0, {"a": 2**63 - 1, "b": -2**63, "c": 2**64 - 1, "d": -1}),
        "floats": frame(17, 1, 0, [1e308, F32(float("inf")), True, None, -0.0]),
        "depth": frame(17, 1, 0, nested(20)),
        "too-deep": frame(17, 1, 0, nested(40)),
        "claims-too-much": b"\x0c\0\0\0" + b"\x83\x11\x01\x9b\x00\x00\x00\x01\x00\x00\x00\x00",
        "indefinite": b"\x06\0\0\0" + b"\x83\x11\x01\x9f\x01\xff",
        "tagged": b"\x05\0\0\0" + b"\x83\x11\x01\xc1\x01",
        "too-long": b"\xff\xff\xff\x7f\x83",
    }
    return {name: bytes([5]) + seed for name, seed in seeds.items()}


def wasm_signature() -> str:
    """A long one."""
    return ("func(bus: u8, address: u16, data: list<u8>, read-len: u32) -> result<list<u8>, "
            "enum{no-acknowledge, bus, arbitration-loss, timeout, not-granted, invalid}>")


def nested(depth: int) -> list:
    """[[[…]]]"""
    return [nested(depth - 1)] if depth else []


def polls(*values) -> bytes:
    """Several polls: bytes as they are, text as JSON, anything else as CBOR."""
    out = b""
    for value in values:
        is_text = isinstance(value, str)
        data = value.encode() if is_text else cbor(value)
        out += bytes([not is_text]) + struct.pack("<H", len(data)) + data
    return out


def readings() -> dict[str, bytes]:
    """What polls return."""
    stats = {"cpu_temp": 51.2, "cpu_usage": 3.5, "memory_used_mb": 400, "memory_total_mb": 3800,
             "uptime_seconds": 86400, "timestamp_ms": 1750000000000, "fan_on": False}
    return {
        "record": polls(json.dumps(stats)),
        "list": polls(json.dumps([{"sensor_id": f"pizero-monitor-{i}", "value": i} for i in range(5)])),
        "cbor": polls([READING]),
        "nothing": polls("null", None),
        "number": polls("5", 5),
        "full-and-nan": polls(json.dumps({f"f{i}": i for i in range(63)} | {"n": {"not_finite": "nan"}}), '"fails"'),
        "largest": polls('{"a":1.7976931348623157e308,"b":[-1.7976931348623157e308,5e-324]}'),
        "controls": polls('{"a":"\\u0000","b":{"c\\u0085":"\\u001b"}}', '{"a":"\\t\\r\\n\\u009b"}'),
        "times": polls('[{"timestamp_ms":9223372036854775807},{"timestamp_ms":1},{"timestamp_ms":1750000060001}]'),
        "bare-nan": polls(float("nan"), [{}, float("inf")]),
        "not-finite": polls('{"a":{"not_finite":"nan"},"b":[{"not_finite":"inf"}],"error":null}'),
        "then-fails": polls(json.dumps({"sensor-id": "bme680", "gas-resistance": 50000.1}), '"text"'),
        "same-field": polls('{"a-b":1,"a_b":2}'),
        "many-fields": polls(json.dumps({f"f{i}": i for i in range(65)})),
        "long-names": polls(json.dumps({"x" * 65: 1}), json.dumps({"sensor_id": "y" * 100, "é": "ü"})),
        "deep": polls('{"a":' + "[" * 17 + "]" * 17 + "}"),
        "keys": polls(*(json.dumps({"sensor_id": name, "online": True, "temperature": 1})
                        for name in ("dht22", "bme680", "revpi-monitor", "pi4-monitor", "network", "hub:x"))),
    }


# By their place in the table of capability.c.
CALLS = {name: number for number, name in enumerate(
    ["read-dht22", "get-timestamp-ms", "get-cpu-temp", "read-bme680", "set-led", "set-all", "set-two", "clear",
     "sync-leds", "buzz", "beep", "set-fan", "get-fan-state", "get-memory-usage", "get-cpu-usage", "get-uptime",
     "i2c.transfer", "write-read", "spi.transfer", "transfer-device", "uart.read", "uart.write", "set-baud",
     "read-port", "write-port", "set-port-baud", "gpio.read", "gpio.write", "set-mode", "capture-edges", "log",
     "settings", "no-function", "no-interface", "state.get", "state.set", "state.delete", "state.keys"])}
WAIT, ABANDON, CYCLE_END = b"\xff", b"\xfe\x00", b"\xfd"


def passes(seconds: float) -> bytes:
    """Time goes by."""
    return b"\xfc" + struct.pack("<I", int(seconds * 1e9))


def call(name: str, *args) -> bytes:
    """One step of capability.c."""
    data = cbor(list(args))
    return bytes([CALLS[name]]) + struct.pack("<H", len(data)) + data


def capability() -> dict[str, bytes]:
    """Host calls, each with and without its grant."""
    steps = {
        "sensors": call("read-dht22", 4) + call("read-bme680", 0x77) + WAIT + passes(3) + call("read-dht22", 4)
        + call("read-dht22", 5) + call("read-bme680", 0x76) + call("get-timestamp-ms") + call("get-cpu-temp"),
        "system": call("get-memory-usage") + call("get-cpu-usage") + call("get-uptime") + call("settings")
        + call("log", "error", "text") + call("log", "no-level", "text"),
        "leds": call("set-led", 1, 255, 0, 0) + call("set-all", 1, 2, 3) + call("set-two", 1, 2, 3, 4, 5, 6)
        + call("sync-leds") + CYCLE_END + WAIT + call("clear") + call("set-led", 200, 1, 1, 1),
        "relays": call("buzz", 100) + call("beep", 3, 50, 50) + call("beep", 255, 2**32 - 1, 0)
        + call("set-fan", True) + call("get-fan-state") + call("set-fan", False),
        "i2c": call("i2c.transfer", 0x3C, "00ae", 0) + call("write-read", 1, 0x77, b"\xd0", 1)
        + call("write-read", 1, 0x377, b"", 1) + call("write-read", 2, 0x3C, b"\0", 0)
        + call("i2c.transfer", 0x77, "d", 1) + call("i2c.transfer", 0x3C, "40" + "55" * 64, 8192)
        + call("write-read", 1, 0x3C, b"", 0) + call("i2c.transfer", 0x3C, "", 8193),
        "spi": call("transfer-device", "spi0.1", b"\1\2\3") + call("transfer-device", "spi0.0", b"\1")
        + call("spi.transfer", b"\xff" * 9) + call("transfer-device", "../mem", b"") + call("spi.transfer", b""),
        "uart": call("uart.write", b"hello") + call("uart.read", 2**32 - 1) + call("set-baud", 115200)
        + call("set-baud", 1) + call("read-port", "serial0", 3) + call("write-port", "ttyUSB0", b"x")
        + call("set-port-baud", "serial0", 9600) + call("uart.read", 0),
        "gpio": call("set-mode", 22, "output") + call("gpio.write", 22, True) + call("gpio.read", 22)
        + call("set-mode", 22, "input-pull-up") + call("gpio.read", 22) + call("gpio.write", 22, False)
        + call("gpio.write", 17, True) + call("gpio.read", 27) + call("set-mode", 22, "no-mode"),
        "dht22-by-hand": call("set-mode", 4, "output") + call("gpio.write", 4, False) + passes(0.002)
        + call("set-mode", 4, "input-pull-up") + call("capture-edges", 4, 20, 84) + WAIT
        + call("capture-edges", 4, 2001, 1) + call("capture-edges", 4, 1, 1025),
        "captures": b"".join(call("capture-edges", line, 5, 10) for line in (4, 22, 4, 22)) + ABANDON,
        "conflict": call("gpio.write", 4, False) + call("read-dht22", 4) + WAIT,
        "many-waiting": b"".join(call("read-bme680", 0x77) for _ in range(30)) + ABANDON + b"\xfe\x07",
        "lies": call("set-led", 1) + call("set-fan", 1) + call("gpio.read", 256) + call("buzz", -1)
        + call("i2c.transfer", 0x3C, b"00", 1) + call("set-all", 1.0, None, True) + call("no-function")
        + call("no-interface", 1),
        "state": call("state.set", "key", b"value") + call("state.get", "key") + call("state.keys")
        + call("state.delete", "key") + call("state.get", "") + call("state.set", "k" * 300, b""),
    }
    seeds = {}
    for name, content in steps.items():
        seeds[name] = b"\xff\x00" + content
        seeds[name + "-denied"] = b"\x00\x00" + content
        seeds[name + "-on-trial"] = b"\xff\x03" + content
    return seeds


def message(flags: int, data: bytes = b"", size: int | None = None) -> bytes:
    """A message of models.c: bit 0 reads; a size below 16 stands in the flags."""
    size = len(data) if size is None else size
    if size < 16:
        return bytes([flags | size << 2]) + data
    return bytes([flags | 0x40]) + struct.pack("<H", size) + data


def transfer(address: int, *messages: bytes) -> bytes:
    """A transfer of models.c."""
    return bytes([0, len(messages) - 1, address]) + b"".join(messages)


def models() -> dict[str, bytes]:
    """Traffic that the models know."""
    bme680, bh1750, ssd1306 = 0, 1, 2
    def advance(seconds: float) -> bytes:
        return b"\x07" + struct.pack("<I", int(seconds * 1e9 / 8))
    forced = (transfer(bme680, message(0, bytes([0xE0, 0xB6]))) + advance(0.01)
              + transfer(bme680, message(0, bytes([0x72, 2, 0x5A, 0x70, 0x64, 0x65, 0x71, 0x10, 0x74, 0x8D])))
              + advance(0.3) + transfer(bme680, message(0, b"\x1d"), message(1, size=17)))
    light = (transfer(bh1750, message(0, b"\x01")) + transfer(bh1750, message(0, b"\x10")) + advance(0.2)
             + transfer(bh1750, message(1, size=2)) + transfer(bh1750, message(0, b"\x42")))
    display = (transfer(ssd1306, message(0, bytes([0, 0xAE, 0x20, 0, 0x21, 0, 127, 0x22, 0, 7, 0x8D, 0x14, 0xAF])))
               + transfer(ssd1306, message(0, b"\x40" + b"\x55" * 1024)))
    led = b"\x92\x49\x24" * 3
    strip = b"\x00" + led * 11 + b"\x00" * 90
    lights = b"\x03\x04" + struct.pack("<H", len(strip)) + strip
    line = 0  # GPIO 4, the DHT22's
    low_output, input_edges = struct.pack("<HB", 1 | 1 << 2 | 1 << 5, 128), struct.pack("<HB", 1 << 2 | 3 << 7, 0)
    dht22 = (bytes([4, line]) + low_output + advance(0.002) + bytes([4, line | 4 << 3]) + input_edges
             + bytes([4, line | 6 << 3, 100]) + struct.pack("<H", 60000))
    relay = (bytes([4, 1]) + struct.pack("<HB", 1, 0) + bytes([4, 1 | 3 << 3]) + advance(1) + bytes([4, 1 | 2 << 3])
             + bytes([4, 1]))
    serial = (b"\x06\0\x05hello" + b"\x06\0\x8a\x10\x00" + b"\x06\0\xc0" + struct.pack("<I", 115200))
    bme280, pca9685, all_call = 0xC0, 0xC1, 0xC2
    weather = (transfer(bme280, message(0, bytes([0xF2, 1, 0xF4, 0x27]))) + advance(3)
               + transfer(bme280, message(0, b"\xf7"), message(1, size=8)) + advance(0.004)
               + transfer(bme280, message(0, b"\xf3"), message(1, size=1)))
    outputs = (transfer(pca9685, message(0, bytes([0xFE, 5]))) + transfer(all_call, message(0, b"\0\x21"))
               + transfer(pca9685, message(0, bytes([6, 0, 0, 0, 8, 0, 16]))) + transfer(pca9685, message(1, size=9))
               + transfer(pca9685, message(0, b"\0\x31")) + transfer(pca9685, message(0, b"\0\xa1")))
    inputs = b"\x03\x07" + struct.pack("<H", 3) + bytes([1, 0x80, 0])
    passive = bytes([0x42, 0x4D, 0xE1, 0, 0, 1, 0x70, 0x42, 0x4D, 0xE2, 0, 0, 1, 0x71])
    query = bytes([0xAA, 0xB4, 2, 1, 1, *bytes(10), 0xFF, 0xFF, 2, 0xAB])
    dust = b"".join(bytes([6, port, len(command)]) + command + advance(2.5) + bytes([6, port, 0x9F]) + b"\x10\0"
                    for port, command in ((1, passive), (2, query)))
    button = (bytes([4, 3]) + struct.pack("<HB", 1 << 2 | 3 << 7, 128) + advance(5)
              + bytes([4, 3 | 6 << 3, 100]) + struct.pack("<H", 0))
    extra = weather + outputs + inputs + dust + button
    everything = forced + light + display + lights + dht22 + relay + serial + extra
    faults = b"\x04" + b"".join(bytes([which, 0, 8, 4]) for which in (0x00, 0x11, 0x23, 0x43))
    return {
        "bme680": b"\0" + forced, "bh1750": b"\0" + light, "ssd1306": b"\0" + display, "leds": b"\0" + lights,
        "dht22": b"\0" + dht22, "relay": b"\0" + relay, "uart": b"\0" + serial, "bme280": b"\0" + weather,
        "pca9685": b"\0" + outputs, "mcp3008": b"\0" + inputs, "dust": b"\0" + dust, "button": b"\0" + button,
        "extra-with-faults": b"\x04" + b"".join(bytes([which, 0, 8, 4]) for which in (0x95, 0xB7, 0xC8, 0xDA)) + extra,
        "everything": b"\0" + everything,
        "with-faults": faults + everything, "no-such-fault": b"\x01\x34\0\0\0" + light,
    }


def drivers() -> dict[str, bytes]:
    """A right calibration, a right answer of a DHT22."""
    block1 = struct.pack("<hbBHhbBhhbbHhhB", 26469, 3, 0, 36477, -10386, 88, 0, 7120, -85, 49, 30, 0, -3069, -2602, 30)
    block1 = (block1 + bytes(23))[:23]
    block2 = bytes([0x3F, 0x6D, 0x2F, 0x00, 0x2D, 0x14, 0x78, 0x9C]) + struct.pack("<Hhbb", 26041, -7194, -30, 18)
    block3 = bytes([0x32, 0x00, 0x16, 0x00, 0x13])
    words = struct.pack("<HBHBHbIBBBIIH", 500, 5, 500, 5, 320 * 64, 25, 150, 4, 3, 2, 500000, 320000, 25000)
    registers = bytearray(256)
    registers[0x8A:0x8A + 23], registers[0xE1:0xE1 + 14], registers[0:5] = block1, block2, block3
    registers[0x1D:0x1D + 17] = bytes([0x80, 0, 0x4F, 0, 0, 0x7A, 0x12, 0, 0x61, 0xA8, 0, 0, 0, 0x7D, 0x35, 0, 0])
    bits = [int(bit) for byte in (0x02, 0x8C, 0x01, 0x5F, 0xEE) for bit in f"{byte:08b}"]
    edges = bytes([30, 80, 80, 50]) + b"".join(bytes([70 if bit else 26, 50]) for bit in bits)
    read = bytes([0, len(edges)]) + edges + b"\0"
    return {
        "math": b"\0" + block1 + block2 + block3 + words,
        "math-of-nothing": b"\0" + bytes(80),
        "decode": b"\1" + edges,
        "decode-short": b"\1" + edges[2:],
        "decode-lost": b"\1" + edges[:40] + b"\xff\x01" + edges[42:],
        "bme680": b"\2" + bytes(registers),
        "bme680-fails": b"\2" + bytes(registers) + bytes([0, 0, 0xF1, 0xE4, 1, 2, 3, 4]),
        "dht22": b"\3" + read + struct.pack("<I", 2_500_000_000) + read,
    }


def components() -> dict[str, bytes]:
    """Small ones, and what is none."""
    i2c = wasm.Import("demo:plugin/i2c@0.2.0", "transfer",
                      {"addr": wasm.U8, "write-data": wasm.STRING, "read-len": wasm.U32}, wasm.RESULT_OF_STRINGS)
    clock = wasm.Import("demo:plugin/gpio-provider@0.2.0", "get-timestamp-ms", {}, wasm.U64)
    whole = wasm.component(7, [i2c, clock])
    return {
        "empty-component": wasm.component(), "poll": wasm.component(7), "imports": wasm.component(None, [i2c]),
        "whole": whole, "cut": whole[:len(whole) // 2], "module": b"\0asm\x01\0\0\0", "header": b"\0asm\x0d\0\x01\0",
        "text": b"(component)", "no-wasm": b"\x7fELF\x02\x01\x01\0\0",
    }


def hub() -> dict[str, bytes]:
    """Of nodes: see hub.c for the bytes before each body."""
    hello, batch, compressed, packed, push, results, wait = range(7)
    now = 1_800_000_000_000

    def message(kind: int, body, token: int = 0) -> bytes:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return struct.pack("<BH", kind + 7 * token, len(data)) + data

    def readings(**more) -> dict:
        one = {"sequence": 1, "timestamp_ms": now, "sensor": "dht22", "plugin": "dht22", "simulated": True,
               "data": {"temperature": 21.5, "text": "°C"}}
        return {"protocol": 2, "node": "cellar", "stream": "1f", "sent_ms": now, "skipped": 0, "readings": [one], **more}

    def logs(*lines) -> dict:
        return readings(readings=[], logs=[{"sequence": 2, "dropped": 0, "lines": list(lines)}])
    line = {"time_ms": now, "level": "warning", "source": "bme680", "text": "too hot"}
    greeting = {"protocol": 2, "node": "cellar", "version": "0.1.0", "sent_ms": now, "round_trip_ms": 1.5,
                "devices": {"buzzer": True, "leds": 11}}
    log_reading = {"sequence": 3, "timestamp_ms": now, "sensor": "_log", "plugin": "", "data": {"lines": [line]}}
    pushed = [{"sensor_id": "attic:dht22", "timestamp_ms": now, "data": {"t": 1}}]
    return {
        "hello": message(hello, greeting), "hello-cut": message(hello, greeting | {"version": "v" * 63 + "é"}),
        "hello-old": message(hello, greeting | {"protocol": 1}), "hello-hub": message(hello, greeting | {"node": "hub"}, 2),
        "batch": message(batch, readings()) * 2, "compressed": message(compressed, readings()),
        "gzip": message(packed, gzip.compress(json.dumps(readings()).encode(), mtime=0)),
        "gzip-cut": message(packed, gzip.compress(json.dumps(readings()).encode(), mtime=0)[:-5]),
        "logs": message(batch, logs(line, line)),
        "logs-hostile": message(batch, logs(line | {"time_ms": 2**63 - 1, "text": "a\x1b[2J\nb"},
                                            line | {"source": "web" * 100, "text": "x" * 1500}, 3, {})),
        "log-as-reading": message(batch, readings(readings=[log_reading])),
        "retired": message(batch, readings()) + message(batch, readings(stream="2a")) + message(batch, readings()),
        "future": message(batch, readings(sent_ms=now + 90_000_000)), "foreign": message(batch, readings(), 1),
        "push": message(push, pushed, 3), "push-hub": message(push, [pushed[0] | {"sensor_id": "hub:x"}], 3),
        "poison": message(batch, readings(readings=[
            {"sequence": number + 1, "timestamp_ms": now, "sensor": "s", "plugin": "p", "data": data}
            for number, data in enumerate(({f"f{i}": i for i in range(65)}, {"a": "\0"}, 3, {"largest": 1.7976931348623157e308},
                                           {f"f{i}": i for i in range(64)} | {"error": "x", "last_good_ms": 5}))])),
        "push-poison": message(push, [pushed[0] | {"data": {"a": "\x1b"}}, pushed[0] | {"timestamp_ms": 2 ** 63 - 1}], 3),
        "push-invited": message(push, [pushed[0] | {"sensor_id": "cellar:x"}], 3),
        "results": message(wait, b"") + message(results, {"results": [
            {"id": 1, "done": False, "detail": "it is \x07broken", "result": None}]}),
    }


def requests() -> dict[str, bytes]:
    """Of browsers, scripts and others."""
    def request(line: str, body: bytes = b"", *headers: str) -> bytes:
        extra = [f"Content-Length: {len(body)}"] if body else []
        return "\r\n".join([line + " HTTP/1.1", "Host: localhost", *headers, *extra, "", ""]).encode() + body
    beep = request("POST /api/buzzer?action=beep")
    pattern = request("POST /api/buzzer", b'{"pattern":"triple"}', "Content-Type: application/json")
    seeds = {
        "page": request("GET /"), "readings": request("GET /api/readings"), "logs": request("GET /api/logs"),
        "fan": request("GET /api/fan/status") + request("POST /api/fan/test"),
        "plugins": request("GET /api/v1/plugins") + request("GET /api/v1/simulation") + request("GET /healthz"),
        "buzzer": beep + pattern + request("POST /api/buzzer/test"),
        "foreign": request("POST /api/buzzer?action=long", b"", "Origin: http://evil.example"),
        "rebinding": b"POST /api/buzzer/test HTTP/1.1\r\nHost: evil.example:3000\r\n\r\n",
        "v1": b"".join(request(f"GET {path}", b"", "Accept-Encoding: gzip") for path in (
            "/api/v1/readings", "/api/v1/nodes", "/api/v1/openapi.json", "/metrics", "/readyz")),
        "log-query": request("GET /api/v1/logs?node=a&level=warning&source=b&search=c%20d&after=5&limit=7")
                     + request("GET /api/v1/logs?limit=0&lmit=1&&=&%00=%ff"),
        "nodes": request("POST /api/v1/nodes/self/buzzer", b'{"pattern":"long"}', "Content-Type: application/json")
                 + request("POST /api/v1/nodes/ab/fan", b'{"action":"test"}', "Content-Type: application/json")
                 + request("GET /api/v1/nodes/ab/fan") + request("GET /api/v1/nodes/abc/leds"),
        "leds": request("POST /api/v1/nodes/self/leds", b'{"color":"#ff8800","seconds":3600}',
                        "Content-Type: application/json") + request("GET /api/v1/nodes/node/leds"),
        "plugin-acts": b"".join(request(f"POST /api/v1/plugins/dht22/{act}")
                                for act in ("approve", "reload", "enable", "disable")),
        "events": request("GET /api/v1/events", b"", "Last-Event-ID: 12"),
        "unclear-end": request("POST /api/buzzer/test", b"x", "Transfer-Encoding: chunked"),
        "not-modified": request("GET /api/readings", b"", 'If-None-Match: "x", W/"y", *'),
        "pipelined": request("GET /api/readings") * 5,
        "head": request("HEAD /"), "options": request("OPTIONS *"), "none": request("BREW /coffee"),
        "chunked": (b"POST /api/buzzer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n7\r\n{\"patte\r\n0\r\n\r\n"),
        "continue": request("POST /api/buzzer", b"x" * 10, "Expect: 100-continue"),
        "too-large": b"POST /api/buzzer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "escapes": request("GET /%2e%2e/%00/etc/passwd?%00=%ff&a&&=b"),
        "old": b"GET / HTTP/1.0\r\n\r\n", "no-host": b"GET / HTTP/1.1\r\n\r\n",
        "long-head": request("GET /", b"", "X: " + "y" * 2000),
    }
    out = {name: b"\0" + seed for name, seed in seeds.items()}
    out["pieces"] = b"\x03" + seeds["buzzer"]
    return out


def texts() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A configuration and a permission with every key; profiles come from config/."""
    config = """
[cluster]
role = "spoke"
hub_url = "http://hub:3000"
node_id = "n-1"
spoke_buzzer_url = "https://spoke:3000"
[polling]
interval_seconds = 0.5
deadline_seconds = 3
[sensors.dht22]
gpio_pin = -1
[sensors.bme680]
i2c_address = "0x76"
[leds]
count = 0
brightness = 255
spi = "spi0.1"
[buzzer]
max_on_seconds = 0.1
[fan]
threshold_on = 61.5
threshold_off = 40
[logging]
level = "debug"
show_sensor_data = false
timezone = "Europe/Berlin"
[hardware]
backend = "sim"
i2c_bus = 3
seed = 9007199254740991
[[hardware.faults]]
device = "leds"
kind = "unplugged"
start_seconds = 1
[http]
listen = "[::1]:0"
[dashboard]
plugin = "dashboard"
[history]
commit_seconds = 1
[permissions]
auto_approve = true
[sandbox]
required = false
[plugins.a-b]
enabled = false
led = 3
interval_seconds = 1
[plugins.a-b.settings]
name = "x"
list = [1, 2.5, true, {a = 1979-05-27T07:32:00Z}]
[plugins.a-b.grant]
allow_i2c = [0x76]
"""
    wrong = '[polling]\ninterval_secnds = "1"\n[leds]\ncount = -1\nx = nan\n[plugins."é\\u001b"]\n[fan]\nthreshold_on=1\n'
    permission = """
allow_i2c = [0x3C, "0x77", 8]
share_i2c = [0x3C]
i2c_bus = [1]
allow_gpio = [4, 22]
allow_gpio_in = [5]
allow_gpio_out = [6]
share_gpio = [4]
allow_spi = ["spi0.1"]
allow_uart = ["serial0", "ttyUSB0"]
allow_leds = true
allow_buzzer = true
allow_fan = true
safe_low = [4]
safe_high = [6, 22]
safe_fan = true
memory_mb = 32
state_kb = 8
deadline_seconds = 1.5
poll_interval_seconds = 2
host_calls_per_poll = 100
"""
    return ({"every-key": config.encode(), "wrong": wrong.encode(), "nested": b"a.b.c.d = [[[[[{x={y=1}}]]]]]\n",
             "strings": b'a = """x\n"""\nb = \'\'\'y\'\'\'\nc = "\\u0000\\U0010ffff"\n'},
            {"every-key": permission.encode(), "all": b'allow_i2c = ["*"]\nallow_gpio = "*"\nallow_spi = "*"\n',
             "flags": b"allow_spi = true\nallow_uart = true\nallow_leds = false\n",
             "wrong": b'allow_i2c = [0x80, "0x78", -1, 1e3]\nalow_leds = 1\nallow_uart = ["../mem"]\n'})


def command_socket() -> dict[str, bytes]:
    """What clients send (0), and what a socket that lies answers (1)."""
    good = {"pid": 1, "version": "0.1.0", "node": "a", "role": "hub", "scheme": "https", "address": "0.0.0.0:3000",
            "pin": "sha256//x", "data": "/var/lib/harvester", "plugins_folder": "/plugins", "config": None,
            "commands": {"answered": 1, "refused": 0, "timed_out": 0}, "plugins": [{"name": "one", "state": "idle"}]}
    seeds = {"client-silent": b"\0", "client-speaks": b"\0GET / HTTP/1.1\r\n\r\n", "client-binary": b"\0" + bytes(range(256)),
             "nothing": b"\1", "no-json": b"\1no json", "array": b"\1[]", "cut": b"\1" + json.dumps(good).encode()[:-9],
             "twice": b"\1" + json.dumps(good).encode() * 2, "deep": b"\1" + b"[" * 3000}
    for name, changes in {"good": {}, "relative": {"data": "x"}, "control": {"node": "a\x1b[2J"}, "role": {"role": "king"},
                          "config": {"config": "/etc/harvester/config.toml"}, "pid": {"pid": -1}, "nul": {"data": "/a\0b"},
                          "plugins": {"plugins": [1]}}.items():
        seeds[f"answer-{name}"] = b"\1" + json.dumps({**good, **changes}).encode()
    return seeds


REQUEST = "memory_mb = 64\nstate_kb = 64\nhost_calls_per_poll = 10000\n"
GPIO = "allow_gpio = [4]\n" + REQUEST


def bundle(forgery: Forgery) -> bytes:
    """A whole bundle."""
    with tempfile.TemporaryDirectory() as folder:
        return b"\0" + forgery.write(pathlib.Path(folder) / "bundle").read_bytes().rstrip(b"\0") + bytes(1024)


def forged(**fields) -> Forgery:
    """One with other fields in its manifest."""
    return Forgery(REQUEST, **fields)


def bundles() -> dict[str, bytes]:
    """What comes with a bundle."""
    several = Forgery(GPIO, {"plugin.py": PLUGIN, "lib/tool/__init__.py": b"", "permission.toml": GPIO.encode()})
    other = forged()
    other.entries = [entry("plugin/plugin.py", b"x" * len(PLUGIN))]
    more = forged()
    more.entries = [*more.all_entries()[1:], entry("plugin/z.py", b"")]
    link = forged()
    link.entries = [entry("plugin/plugin.py", type=tarfile.SYMTYPE, linkname="/etc/passwd")]
    pax = forged()
    pax.format = tarfile.PAX_FORMAT
    info, content = entry("plugin/plugin.py", PLUGIN)
    info.pax_headers = {"path": "plugin/../x", "size": "1"}
    pax.entries = [(info, content)]
    seeds = {name: bundle(one) for name, one in {
        "whole": forged(), "several": several, "another-file": other, "one-more": more, "link": link, "pax": pax}.items()}
    seeds["manifest"] = b"\1" + json.dumps(forged(expires="2030-01-31", description="A lamp.").manifest).encode()
    twice = forged()
    twice.manifest["files"] = [described("A.py", b""), described("a.py", b"")]
    seeds["manifest-twice"] = b"\1" + json.dumps(twice.manifest).encode()
    line = base64.b64encode(b"ED" + bytes(72)).decode()
    seeds["signature"] = (f"\2untrusted comment: x\n{line}\ntrusted comment: y\n"
                          f"{base64.b64encode(bytes(64)).decode()}\n").encode()
    seeds["public-key"] = b"\3untrusted comment: x\n" + base64.b64encode(b"Ed" + bytes(40)) + b"\n"
    listed = {"name": "lamp", "version": "1.0", "counter": 7, "host": "0", "description": "A lamp.", "file": "lamp-7.bundle",
              "size": 2048, "sha256": "0" * 64}
    index = {"format": 1, "counter": 1, "expires": "2035-01-01T00:00:00Z",
             "bundles": [{**listed, "counter": 8, "file": "lamp-8.bundle"}, listed, {**listed, "name": "door"}]}
    seeds["index"] = b"\5" + json.dumps(index).encode()
    seeds["index-wrong"] = b"\5" + json.dumps({**index, "bundles": [{**listed, "file": "../lamp.bundle"}]}).encode()
    seeds["secret-key"] = b"\4untrusted comment: x\n" + base64.b64encode(b"Ed\0\0B2" + bytes(152)) + b"\n"
    return seeds


def updater() -> dict[str, bytes]:
    """What a hub sends to a node."""
    content = b"this is the bundle"
    digest = hashlib.sha256(content).hexdigest()

    def wants(number: int, task: str = "install", **fields) -> bytes:
        one = {"number": number, "task": task, "name": "lamp", "version": "1.0", "digest": digest, "size": len(content),
               "signature": None, **fields}
        return json.dumps({"number": number, "desired": [one]}).encode()

    def messages(*each: tuple[int, bytes]) -> bytes:
        return b"".join(struct.pack("<BH", kind, len(body)) + body for kind, body in each)
    ask, answer, part, store, fail, restart = range(6)
    begun = ((ask, b""), (answer, wants(5)))
    return {"installed": messages(*begun, (part, content), (store, b"\0\4"), (ask, b""), (answer, b"{}")),
            "in-parts": messages(*begun, (part, content[:5]), (fail, b"\1"), (ask, b""), (answer, wants(5)), (part, content[5:])),
            "another-bundle": messages(*begun, (part, b"x" * len(content)), (answer, b"{}")),
            "too-long": messages(*begun, (part, content * 9), (answer, b"{}")),
            "undone": messages(*begun, (part, content), (store, b"\0\4"), (ask, b""), (answer, wants(6, "undo")), (store, b"\0\0")),
            "replaced": messages(*begun, (part, content[:5]), (ask, b""), (answer, wants(6, digest="1" * 64)), (part, content[5:])),
            "old": messages(*begun, (ask, b""), (answer, wants(4)), (answer, b"{}")),
            "restarted": messages(*begun, (part, content[:5]), (restart, b""), (ask, b""), (answer, wants(5)), (part, content[5:])),
            "not-json": messages((ask, b""), (answer, b"[[[[{}"), (ask, b""), (answer, b'{"number": 1e300, "desired": {}}'))}


def main() -> None:
    """Write them all."""
    config, permission = texts()
    corpora = {"bundle": bundles(), "frame": frames(), "readings": readings(), "capability": capability(), "models": models(),
               "drivers": drivers(), "component": components(), "web": requests(), "hub": hub(), "config": config,
               "permission": permission, "socket": command_socket(), "updater": updater()}
    count = 0
    for target, seeds in corpora.items():
        folder = FOLDER / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, seed in seeds.items():
            (folder / name).write_bytes(seed)
            count += 1
    print(f"{count} seeds in {FOLDER / 'corpus'}")


if __name__ == "__main__":
    main()
