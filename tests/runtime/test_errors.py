"""The text of errors, the checks on calls of the host, and what reaches the log."""
import logging
import sys
from typing import Any

import pytest

from harvester_runtime import errors, output


I2C = "from wit_world.imports import i2c\n\ndef poll():\n    return i2c.write_read(1, 0x23, b'', 2)\n"


def test_i2c_error_names_bus_and_address(runtime: Any) -> None:
    cases = sys.modules["wit_world.imports.i2c"].I2cError

    def fail(*_: Any) -> Any:
        raise sys.modules["componentize_py_types"].Err(cases.NO_ACKNOWLEDGE)
    runtime.load(I2C)
    runtime.host.answers["i2c.write_read"] = fail
    assert runtime.error().splitlines()[-1] == (
        "Err: i2c bus 1, address 0x23: no acknowledge (I2cError.NO_ACKNOWLEDGE) (plugin.py, line 4)")


def test_i2c_error_says_that_the_bus_is_off(runtime: Any) -> None:
    cases = sys.modules["wit_world.imports.i2c"].I2cError
    error = sys.modules["componentize_py_types"].Err

    def fail(*_: Any) -> Any:
        raise error(cases.INVALID)

    def explain(_: int) -> None:
        raise error("no /dev/i2c-1: switch the bus on")
    runtime.load(I2C)
    runtime.host.answers.update({"i2c.write_read": fail, "i2c.check_bus": explain})
    assert runtime.error().splitlines()[-1] == (
        "Err: no /dev/i2c-1: switch the bus on (I2cError.INVALID) (plugin.py, line 4)")


def test_i2c_error_keeps_its_case(runtime: Any) -> None:
    """A plugin compares it, as it would compare the generated one."""
    cases = sys.modules["wit_world.imports.i2c"].I2cError

    def fail(*_: Any) -> Any:
        raise sys.modules["componentize_py_types"].Err(cases.TIMEOUT)
    runtime.load("from componentize_py_types import Err\nfrom wit_world.imports import i2c\n\n"
                 "def poll():\n    try:\n        i2c.write_read(1, 0x23, b'', 2)\n"
                 "    except Err as error:\n"
                 "        return {'same': error.value == i2c.I2cError.TIMEOUT}\n")
    runtime.host.answers["i2c.write_read"] = fail
    assert runtime.poll() == {"same": True}


def test_traceback_begins_at_the_authors_lines(runtime) -> None:
    runtime.load({"plugin.py": "import helper\n\ndef poll():\n    helper.divide(0)\n",
                  "helper.py": "def divide(x):\n    return 1 / x\n"})
    lines = [line for line in runtime.error().splitlines() if not set(line) <= set(" ~^")]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "plugin.py", line 4, in poll', "    helper.divide(0)",
        '  File "helper.py", line 2, in divide', "    return 1 / x",
        "ZeroDivisionError: division by zero (helper.py, line 2)"]


def test_error_while_loading(runtime) -> None:
    text = runtime.load_error("x = 1\nraise ValueError('no')\n")
    assert text == ('Traceback (most recent call last):\n  File "plugin.py", line 2, in <module>\n'
                    "    raise ValueError('no')\nValueError: no (plugin.py, line 2)")


def test_syntax_error_in_a_file_with_the_plugins_name(runtime) -> None:
    text = runtime.load_error({"light.py": "def poll(:\n"}, "light")
    assert text.startswith('  File "light.py", line 1\n    def poll(:\n')
    assert text.endswith("\nSyntaxError: invalid syntax (light.py, line 1)")


def test_cause_is_shown_without_the_runtime(runtime) -> None:
    runtime.load("import json\ndef poll():\n    try:\n        json.loads('{')\n"
                 "    except ValueError as error:\n"
                 "        raise RuntimeError('bad') from error\n")
    text = runtime.error()
    assert "direct cause" in text and "harvester_runtime" not in text
    assert text.endswith("\nRuntimeError: bad (plugin.py, line 6)")


def test_host_error_shows_the_hosts_text(runtime) -> None:
    def refuse(*_):
        raise sys.modules["componentize_py_types"].Err("0x3c is not granted")
    runtime.host.answers["i2c.transfer"] = refuse
    runtime.load("from wit_world.imports import i2c\ndef poll():\n"
                 "    i2c.transfer(0x3c, '00', 1)\n")
    text = runtime.error()
    assert text.splitlines()[-1] == "Err: 0x3c is not granted (plugin.py, line 3)"
    assert "harvester_runtime" not in text


@pytest.mark.parametrize("statement, error", [
    ("raise SystemExit(3)", "SystemExit: 3"), ("raise KeyboardInterrupt", "KeyboardInterrupt"),
])
def test_exits_are_errors(runtime, statement: str, error: str) -> None:
    runtime.load(f"def poll():\n    {statement}\n")
    assert runtime.error().splitlines()[-1] == f"{error} (plugin.py, line 2)"


def test_endless_recursion(runtime) -> None:
    runtime.load("def poll():\n    return poll()\n")
    text = runtime.error()
    assert "more times]" in text and "RecursionError: " in text.splitlines()[-1]


@pytest.mark.parametrize("module, text", [
    ("_nothing_like_it", "module '_nothing_like_it' does not exist in the sandbox; "
                         "a pure-Python package can be put in the plugin's lib/ folder"),
    ("msvcrt", "module 'msvcrt' does not exist in the sandbox"),
])
def test_missing_module(runtime, module: str, text: str) -> None:
    last = runtime.load_error(f"import {module}\n").splitlines()[-1]
    assert last == f"ModuleNotFoundError: {text} (plugin.py, line 1)"


def test_an_error_that_cannot_be_shown(runtime) -> None:
    runtime.load("class Bad(Exception):\n    @property\n    def __cause__(self): raise OSError\n"
                 "def poll():\n    raise Bad\n")
    assert "Bad" in runtime.error()


def test_long_text_is_cut_in_the_middle(runtime) -> None:
    runtime.load("def poll():\n    raise ValueError('a' * 10 ** 6)\n")
    text = runtime.error()
    assert len(text) < errors.MAX_TEXT + 100
    assert "characters left out" in text
    headline = ("ValueError: " + "a" * errors.MAX_HEADLINE)[:errors.MAX_HEADLINE]
    assert text.splitlines()[-1] == f"{headline}... (plugin.py, line 2)"


@pytest.mark.parametrize("statement, last", [
    ("raise ValueError('two\\nlines')", "ValueError: two"),
    ("error = ValueError('one'); error.add_note('more'); raise error", "ValueError: one"),
    ("raise ExceptionGroup('some', [ValueError('one')])", "ExceptionGroup: some (1 sub-exception)"),
    ("import json; json.loads('{')", "json.decoder.JSONDecodeError: Expecting property name "
                                     "enclosed in double quotes: line 1 column 2 (char 1)"),
    ("eval('x y')", "SyntaxError: invalid syntax"),
    ("class Odd(Exception): ...\n    raise Odd", "poll.<locals>.Odd"),
    ("assert 1 == 2", "AssertionError"),
])
def test_the_last_line_says_what_and_where(runtime, statement: str, last: str) -> None:
    runtime.load(f"def poll():\n    {statement}\n")
    line = 3 if "\n" in statement else 2
    assert runtime.error().splitlines()[-1] == f"{last} (plugin.py, line {line})"


def test_a_message_of_several_lines_is_there_as_well(runtime) -> None:
    runtime.load("def poll():\n    raise ValueError('two\\nlines')\n")
    assert runtime.error().endswith(
        "\nValueError: two\nlines\nValueError: two (plugin.py, line 2)")


@pytest.mark.parametrize("call, message", [
    ("i2c.transfer(0x3c, 5, 1)", "TypeError: i2c.transfer: write_data must be str, not int"),
    ("i2c.transfer(256, '', 1)", "ValueError: i2c.transfer: addr must be from 0 to 255"),
    ("i2c.transfer(-1, '', 1)", "ValueError: i2c.transfer: addr must be from 0 to 255"),
    ("i2c.transfer(1, '')", "TypeError: missing a required argument: 'read_len'"),
    ("i2c.write_read(1, 2 ** 16, b'', 1)",
     "ValueError: i2c.write_read: address must be from 0 to 65535"),
    ("i2c.write_read(1, 2, 'ab', 1)", "TypeError: i2c.write_read: data must be bytes, not str"),
    ("i2c.write_read(1, 2, b'', 2 ** 32)",
     "ValueError: i2c.write_read: read_len must be from 0 to 4294967295"),
    ("led_controller.set_led(0, 1.5, 0, 0)",
     "TypeError: led_controller.set_led: r must be int, not float"),
    ("gpio.set_mode(4, 1)", "TypeError: gpio.set_mode: mode must be one of Mode, not int"),
    ("fan_controller.set_fan('on')", "TypeError: fan_controller.set_fan: on must be bool, not str"),
])
def test_bad_arguments_never_reach_the_host(runtime, call: str, message: str) -> None:
    runtime.load("from wit_world.imports import fan_controller, gpio, i2c, led_controller\n"
                 f"def poll():\n    {call}\n")
    assert runtime.error().splitlines()[-1] == f"{message} (plugin.py, line 3)"
    assert not runtime.host.calls


def test_arguments_that_fit_reach_the_host(runtime) -> None:
    runtime.load("from wit_world.imports import gpio, i2c\ndef poll():\n"
                 "    i2c.write_read(1, 0x3ff, [1, 255], 2 ** 32 - 1)\n"
                 "    i2c.transfer(255, read_len=0, write_data='')\n"
                 "    gpio.set_mode(0, gpio.Mode.OUTPUT)\n")
    runtime.poll()
    mode = sys.modules["wit_world.imports.gpio"].Mode.OUTPUT
    assert runtime.host.calls == [("i2c.write_read", 1, 0x3FF, b"\x01\xff", 2 ** 32 - 1),
                                  ("i2c.transfer", 255, "", 0), ("gpio.set_mode", 0, mode)]


def test_logging_keeps_its_level(runtime) -> None:
    log = sys.modules["wit_world.imports.log"]
    logger = logging.Logger("driver")
    logger.addHandler(output.HostHandler(log))
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        logger.log(level, "a %d", level)
    levels = [log.Level.DEBUG, log.Level.INFO, log.Level.WARNING, log.Level.ERROR, log.Level.ERROR]
    assert runtime.host.made("log.write") == [(level, f"driver: a {number}")
                                              for level, number in zip(levels,
                                                                       (10, 20, 30, 40, 50))]


def test_print_goes_out_at_once(runtime, capfd) -> None:
    runtime.load("import sys\ndef poll():\n    print('out', end='')\n"
                 "    print('err', file=sys.stderr)\n")
    runtime.poll()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("out", "err\n")


@pytest.mark.parametrize("statement", [
    "sys.stdout = None", "del sys.stdout", "sys.stdout = io.StringIO(); sys.stdout.close()"])
def test_a_plugin_that_breaks_stdout(runtime, monkeypatch, statement: str) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    runtime.load(f"import io, sys\ndef poll():\n    {statement}\n    return {{'a': 1}}\n")
    assert runtime.poll() == {"a": 1}
