"""Which object is the plugin, how its modules are found, and what an author is told."""
import random

import pytest

RECORD = "from wit_world.exports.dht22_logic import Dht22Reading\n"


def test_module_functions(runtime) -> None:
    assert runtime.load("def poll():\n    return {'x': 1}\ndef update(state):\n"
                        "    pass\n") == ["poll", "update"]
    assert runtime.poll() == {"x": 1}


def test_the_file_may_have_the_plugins_name(runtime) -> None:
    assert runtime.load({"light.py": "def poll(): return None"}, "light") == ["poll"]
    assert runtime.poll() is None


def test_class_is_made_once_and_keeps_its_state(runtime) -> None:
    runtime.load("class A:\n    n = 0\n    def poll(self):\n        self.n += 1\n"
                 "        return {'n': self.n}\n")
    assert [runtime.poll()["n"] for _ in range(3)] == [1, 2, 3]


def test_class_comes_before_functions(runtime) -> None:
    runtime.load("def poll(): return {'from': 'function'}\nclass A:\n"
                 "    def poll(self): return {'from': 'class'}\n")
    assert runtime.poll() == {"from": "class"}


@pytest.mark.parametrize("other", [
    "import abc\nclass B(abc.ABC):\n    @abc.abstractmethod\n    def poll(self): ...\n",
    "from base import B\n",
    "class _B:\n    def update(self, x): ...\n",
    "class B:\n    def other(self): ...\n",
])
def test_other_classes_do_not_count(runtime, other: str) -> None:
    files = {"plugin.py": other + "class A:\n    def poll(self): return None\n",
             "base.py": "class B:\n    def poll(self): ...\n"}
    assert runtime.load(files) == ["poll"]


def test_bases_and_aliases_do_not_count(runtime) -> None:
    runtime.load("class B:\n    def poll(self): return {'b': 1}\nclass A(B):\n"
                 "    def poll(self): return {'a': 1}\nC = A\n")
    assert runtime.poll() == {"a": 1}


def test_a_class_that_derives_from_wit_world_is_the_one(runtime) -> None:
    runtime.load("from wit_world import exports\nclass Filter:\n    def update(self, x): ...\n"
                 "class SomeLogic(exports.SomeLogic):\n    def poll(self): return {'some': 1}\n")
    assert runtime.poll() == {"some": 1}


def test_several_classes_are_named(runtime) -> None:
    text = runtime.load_error("class A:\n    def poll(self): ...\nclass B:\n"
                              "    def render(self, s): ...\n")
    assert text == ("TypeError: plugin.py has several classes with poll, render or update: A, B; "
                    "keep one, or start the other names with _")


def test_nothing_to_call(runtime) -> None:
    assert runtime.load_error("x = 1\n") == (
        "TypeError: plugin.py has no poll, render or update: "
        "define one of them as a function, or as a method of one class")


def test_no_plugin_file(runtime) -> None:
    assert runtime.load_error({"other.py": ""}, "light") == \
        "LookupError: the plugin has no file plugin.py or light.py"


def test_unknown_function(runtime) -> None:
    runtime.load("def poll(): ...\n")
    text = runtime.error("render", "{}")
    assert text == "LookupError: the plugin has no function 'render'; it has poll"


def test_a_failed_load_leaves_nothing(runtime) -> None:
    runtime.load("def poll(): ...\n")
    runtime.load_error("1 / 0\n")
    assert runtime.error() == "RuntimeError: no plugin is loaded"


def test_helpers_and_packages(runtime) -> None:
    runtime.load({
        "plugin.py": "import helper\nfrom pkg.inner import deep\n"
                     "def poll(): return {'a': helper.A, 'b': deep.B}\n",
        "helper.py": "A = 1\n", "lib/pkg/__init__.py": "", "lib/pkg/inner/__init__.py": "",
        "lib/pkg/inner/deep.py": "from .. import inner\nB = inner.__name__\n"})
    assert runtime.poll() == {"a": 1, "b": "pkg.inner"}


def test_a_reload_runs_every_module_anew(runtime) -> None:
    files = {"plugin.py": "import helper\n"
                          "def poll(): return {'v': helper.V}\n", "helper.py": "V = 1\n"}
    runtime.load(files)
    runtime.load({**files, "helper.py": "V = 2\n"})
    assert runtime.poll() == {"v": 2}
    runtime.load_error({"plugin.py": files["plugin.py"]})


def test_a_helper_may_be_called_like_the_runtime(runtime) -> None:
    runtime.load({"plugin.py": "import app, wit\n"
                               "def poll(): return {'v': app.V + wit.V}\n", "app.py": "V = 1\n",
                  "wit.py": "V = 2\n"})
    assert runtime.poll() == {"v": 3}


def test_known_records_by_position_and_by_name(runtime) -> None:
    runtime.load(RECORD + "def poll():\n"
                          "    return [Dht22Reading('a', 1.5, 2, 3), Dht22Reading(sensor_id='b', "
                 "temperature=1, humidity=2, timestamp_ms=3)]\n")
    first, second = runtime.poll()
    assert list(first) == ["sensor_id", "temperature", "humidity", "timestamp_ms"]
    assert first["temperature"] == 1.5
    assert second["sensor_id"] == "b"


def test_known_records_refuse_what_the_contract_lacks(runtime) -> None:
    runtime.load(RECORD + "def poll():\n    return Dht22Reading('a', 1.5)\n")
    text = "missing 2 required positional arguments: 'humidity' and 'timestamp_ms'"
    assert text in runtime.error()


def test_any_record_by_name(runtime) -> None:
    runtime.load("from wit_world.exports import co2_logic\n"
                 "from wit_world.exports.co2_logic import Co2Reading\n"
                 "def poll():\n    return Co2Reading(ppm=400, level=co2_logic.Level.VERY_HIGH)\n")
    assert runtime.poll() == {"ppm": 400, "level": "very-high"}


def test_any_record_by_position_says_how(runtime) -> None:
    runtime.load("from wit_world.exports.co2_logic import Co2Reading\ndef poll():\n"
                 "    return Co2Reading(400)\n")
    assert runtime.error().endswith(
        "TypeError: Co2Reading is no record that the host knows: name its fields, "
        "as in Co2Reading(field=value) (plugin.py, line 3)")


def test_result_types_under_both_names(runtime) -> None:
    runtime.load("import componentize_py_types as new\nfrom wit_world.types import Err, Ok, Some\n"
                 "def poll():\n    return {'same': new.Err is Err, 'some': Some(3)}\n")
    assert runtime.poll() == {"same": True, "some": 3}


def test_random_numbers_differ(runtime) -> None:
    source = "import random\ndef poll(): return {'r': random.random()}\n"
    seen = set()
    for _ in range(3):
        random.seed(1)
        runtime.load(source)
        seen.add(runtime.poll()["r"])
    assert len(seen) == 3
