"""Tries the modules of the standard library where plugins run: a reading for each."""
import importlib
from typing import Any, Iterator

# Module: an expression that is true where it works.
WORKS = {
    "__future__": "module.annotations",
    "abc": "module.ABC",
    "argparse": "module.ArgumentParser().parse_args([]) == module.Namespace()",
    "array": "module.array('h', [1, -2]).tobytes() == b'\\x01\\0\\xfe\\xff'",
    "ast": "module.literal_eval('[1]') == [1]",
    "asyncio": "module.run(module.sleep(0.001, 5)) == 5",
    "atexit": "module.register(print)",
    "base64": "module.b64decode(module.b64encode(b'ab')) == b'ab'",
    "binascii": "module.crc32(b'ab') == 0x9e83486d",
    "bisect": "module.bisect([1, 3], 2) == 1",
    "builtins": "module.len([1]) == 1",
    "calendar": "module.isleap(2024)",
    "cmath": "module.sqrt(-1) == 1j",
    "codecs": "module.encode('a', 'utf-16-le') == b'a\\0'",
    "collections": "module.deque([1, 2], maxlen=1)[0] == 2",
    "collections.abc": "issubclass(list, module.Sequence)",
    "colorsys": "module.hsv_to_rgb(0, 0, 1) == (1, 1, 1)",
    "configparser": "module.ConfigParser().sections() == []",
    "contextlib": "module.nullcontext(5).__enter__() == 5",
    "contextvars": "module.ContextVar('x', default=5).get() == 5",
    "copy": "module.deepcopy([[1]]) == [[1]]",
    "csv": "list(module.reader(['a,b'])) == [['a', 'b']]",
    "dataclasses": "module.make_dataclass('C', ['x'])(1).x == 1",
    "datetime": "module.datetime.strptime('2024-02-29', '%Y-%m-%d').year == 2024 and "
                "module.datetime.now(module.timezone.utc).year > 2024",
    "decimal": "module.Decimal('0.1') * 3 == module.Decimal('0.3')",
    "enum": "module.Enum('E', 'A B').B.value == 2",
    "errno": "module.EREMOTEIO == 121 and module.ETIMEDOUT",
    "fnmatch": "module.fnmatch('a.py', '*.py')",
    "fractions": "module.Fraction(1, 3) * 3 == 1",
    "functools": "module.reduce(lambda a, b: a + b, [1, 2]) == 3",
    "gc": "module.collect() >= 0",
    "getopt": "module.getopt(['-a'], 'a') == ([('-a', '')], [])",
    "gzip": "module.decompress(module.compress(b'ab')) == b'ab'",
    "hashlib": "module.sha256(b'').hexdigest()[:4] == 'e3b0' and module.md5(b'').digest_size == 16",
    "heapq": "module.nsmallest(1, [2, 1]) == [1]",
    "hmac": "module.new(b'k', b'm', 'sha256').digest()",
    "html": "module.escape('<') == '&lt;'",
    "importlib": "module.import_module('json')",
    "importlib.resources": "module.files",
    "inspect": "list(module.signature(lambda a: a).parameters) == ['a']",
    "io": "module.BytesIO(b'ab').read() == b'ab'",
    "ipaddress": "module.ip_address('127.0.0.1').is_loopback",
    "itertools": "list(module.chain([1], [2])) == [1, 2]",
    "json": "module.loads('[1.5, null]') == [1.5, None]",
    "keyword": "module.iskeyword('if')",
    "linecache": "module.getline('plugin.py', 1, globals()).startswith('\"\"\"Tries')",
    "locale": "module.getlocale()",
    "logging": "module.getLogger('x').isEnabledFor(module.DEBUG)",
    "math": "module.isclose(module.log(module.e), 1)",
    "numbers": "isinstance(1, module.Integral)",
    "operator": "module.itemgetter(1)([1, 2]) == 2",
    "pickle": "module.loads(module.dumps([1])) == [1]",
    "platform": "module.python_implementation() == 'CPython'",
    "pprint": "module.pformat([1]) == '[1]'",
    "random": "0 <= module.random() < 1",
    "re": "module.findall(r'\\d+', 'a12b3') == ['12', '3']",
    "reprlib": "module.repr('a')",
    "sched": "module.scheduler()",
    "secrets": "len(module.token_bytes(4)) == 4",
    "statistics": "module.median([3, 1, 2]) == 2",
    "string": "module.Template('$a').substitute(a=1) == '1'",
    "struct": "module.unpack('<hB', b'\\xfe\\xff\\x01') == (-2, 1)",
    "textwrap": "module.dedent('  a') == 'a'",
    "time": "module.sleep(0.001) is None and module.monotonic() > 0 and module.time() > 1.7e9",
    "tomllib": "module.loads('a = 1') == {'a': 1}",
    "traceback": "module.format_exception_only(ValueError('x')) == ['ValueError: x\\n']",
    "types": "module.SimpleNamespace(a=1).a == 1",
    "typing": "module.Optional[int]",
    "unicodedata": "module.normalize('NFC', 'e\\u0301') == '\\xe9'",
    "urllib.parse": "module.quote('a b') == 'a%20b'",
    "uuid": "module.uuid4().version == 4 and module.uuid5(module.NAMESPACE_DNS, 'a').version == 5",
    "warnings": "module.warn('a warning') is None",
    "weakref": "module.WeakValueDictionary() == {}",
    "zlib": "module.decompress(module.compress(b'ab')) == b'ab'",
}

# Module: what works, what does not and raises, and the two in words.
PARTLY = {
    "concurrent.futures": ("module.Future()", "module.ThreadPoolExecutor().submit(print)",
                           "Future works; an executor needs threads"),
    "ctypes": ("module.c_short(0xffff).value == -1", "module.CDLL('libc.so.6')",
               "the numbers work, as in `c_short(raw).value`; nothing can be loaded"),
    "os": ("module.path.join('a', 'b') == 'a/b' and module.urandom(1) and module.environ is not None",
           "module.listdir('/')", "os.path, urandom work; the environment is empty, there are no files"),
    "pathlib": ("module.PurePath('a/b').name == 'b'", "module.Path('/etc/hostname').read_text()",
                "paths work; there are no files"),
    "queue": ("module.Queue().put(1) is None", "module.Queue().get(timeout=0.01)",
              "works where nothing has to wait for another thread"),
    "signal": ("module.Signals.SIGTERM", "module.alarm(1)", "names only"),
    "sys": ("module.version_info >= (3, 11) and module.byteorder == 'little'",
            "module.stdin.readline() or 1 / 0", "nothing comes from stdin; argv is empty"),
    "threading": ("module.Lock().acquire() and module.RLock().acquire() and "
                  "module.local() and not module.Event().is_set()",
                  "module.Thread(target=print).start()",
                  "Lock, RLock, Event, local work without a second thread; none can be started"),
    "importlib.metadata": ("list(module.entry_points(group='x')) == []",
                           "module.version('harvester')", "no package has any"),
}

# Module: what raises, and why.
IMPORT_ONLY = {
    "fcntl": "module.ioctl(3, 0x703, 0x23)",
    "mmap": "module.mmap(-1, 1)",
    "pty": "module.openpty()",
    "resource": "module.getrlimit(module.RLIMIT_NOFILE)",
    "select": "module.poll()",
    "selectors": "module.DefaultSelector().select()",
    "shutil": "module.copy('a', 'b')",
    "socket": "module.socket().connect(('127.0.0.1', 80))",
    "subprocess": "module.run(['true'])",
    "syslog": "module.syslog('x')",
    "termios": "module.tcgetattr(0)",
    "tty": "module.setraw(0)",
}
ABSENT = ("bz2", "curses", "email.mime.text", "http.client", "lzma", "multiprocessing", "sqlite3",
          "ssl", "tkinter", "unittest", "urllib.request", "xml.etree.ElementTree", "zoneinfo")


def attempt(name: str, expression: str) -> str:
    """Empty where the expression is true, else what is wrong."""
    try:
        module = importlib.import_module(name)
        return "" if eval(expression, {"module": module}) else "it is false"
    except BaseException as error:  # noqa: B902
        return f"{type(error).__name__}: {error}"[:200]


def results() -> Iterator[dict[str, Any]]:
    for name, expression in WORKS.items():
        yield {"sensor_id": f"module-{name}", "name": name, "kind": "works",
               "error": attempt(name, expression)}
    for name, (good, bad, words) in PARTLY.items():
        yield {"sensor_id": f"module-{name}", "name": name, "kind": "partly", "words": words,
               "error": attempt(name, good), "raises": attempt(name, bad)}
    for name, bad in IMPORT_ONLY.items():
        yield {"sensor_id": f"module-{name}", "name": name, "kind": "imports", "error": attempt(name, "True"),
               "raises": attempt(name, bad)}
    for name in ABSENT:
        yield {"sensor_id": f"module-{name}", "name": name, "kind": "absent", "raises": attempt(name, "True")}


def poll() -> list[dict[str, Any]]:
    return [{key: value for key, value in result.items() if value != ""} for result in results()]
