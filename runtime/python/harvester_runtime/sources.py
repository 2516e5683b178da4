"""Importing a plugin's modules from text: it has no file system to import them from."""
import importlib.abc
import importlib.machinery
import linecache
import sys
import types

from harvester_runtime import gpiozero_pins, stand_ins

ROOTS = ("", "lib/")
RESERVED = sys.stdlib_module_names | {
    "componentize_py_async_support", "componentize_py_runtime", "componentize_py_types",
    "harvester", "harvester_runtime", "poll_loop", "wit_world"}


class Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """A plugin's files, by path; `lib/` is a second root, for packages that the plugin brings
    along.
    """

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files
        self.modules: set[str] = set()

    def install(self) -> None:
        """Make the files importable and known to tracebacks.

        A module of the runtime's own that happens to have the name of a plugin's file gives way;
        the standard library does not, and a stand-in only to a file of the plugin's own: what pip
        put into lib/ would look for device files.
        """
        for path, text in self.files.items():
            # Without a time stamp, linecache never looks for the file.
            linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        for name in self._top_level() - RESERVED:
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Forget the files and every module that was made from them."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name in self.modules:
            sys.modules.pop(name, None)
        for path in self.files:
            linecache.cache.pop(path, None)

    def find_spec(self, fullname, path=None, target=None):  # noqa: ANN001, ANN201
        """See importlib: `a.b` is lib/a/b.py or lib/a/b/__init__.py, without lib/ first."""
        top = fullname.partition(".")[0]
        if top in RESERVED or fullname == gpiozero_pins.MODULE:
            return None
        base = fullname.replace(".", "/")
        for root in ROOTS[:1] if top in stand_ins.NAMES else ROOTS:
            for end, is_package in (("/__init__.py", True), (".py", False)):
                if root + base + end in self.files:
                    return self.spec(fullname, root + base + end, is_package)
        return None

    def spec(self, name: str, file: str,
             is_package: bool = False) -> importlib.machinery.ModuleSpec:
        """A spec for one file; `__file__` is its path in the plugin's folder."""
        spec = importlib.machinery.ModuleSpec(name, self, origin=file, is_package=is_package)
        spec.has_location = True
        return spec

    def get_source(self, fullname: str) -> str:
        """The text of a module, for tools that ask its loader."""
        spec = self.find_spec(fullname)
        if not spec:
            raise ImportError(f"no source of {fullname!r}", name=fullname)
        return self.files[spec.origin]

    def exec_module(self, module: types.ModuleType) -> None:
        """Run a module's source. No byte code is kept: a source is loaded once in an instance's
        life.
        """
        self.modules.add(module.__name__)
        file = module.__spec__.origin
        exec(compile(self.files[file], file, "exec"), module.__dict__)

    def _top_level(self) -> set[str]:
        """The names that `import` can find here."""
        names = {root: {path.removeprefix(root).partition("/")[0].removesuffix(".py")
                        for path in self.files if path.startswith(root)} for root in ROOTS}
        return names[""] | names["lib/"] - stand_ins.NAMES
