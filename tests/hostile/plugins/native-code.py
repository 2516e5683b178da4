r"""Every way out of Python's own code: ctypes, mmap, compiled modules, code objects from nowhere.

ends: harmless
says: "done": \[\]
wall: such modules do not exist in the sandbox
"""
import importlib.machinery
import importlib.util


def ctypes_libc():
    import ctypes
    return ctypes.CDLL(None)


def ctypes_c():
    import _ctypes
    return _ctypes.dlopen("libc.so.6", 1)


def mapped():
    import mmap
    return mmap.mmap(-1, 4096, prot=mmap.PROT_EXEC)


def compiled():
    loader = importlib.machinery.ExtensionFileLoader("x", "/usr/lib/x.so")
    return importlib.util.module_from_spec(importlib.util.spec_from_loader("x", loader))


def foreign():
    import cffi
    return cffi.FFI().dlopen(None)


def poll():
    done = []
    for way in (ctypes_libc, ctypes_c, mapped, compiled, foreign):
        try:
            way()
            done.append(way.__name__)
        except Exception:
            pass
    return {"done": done}
