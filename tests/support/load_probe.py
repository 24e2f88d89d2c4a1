"""Which libraries a module loads, measured: a script that the contract tests run in an interpreter of its own.

In, as JSON on standard input: ``modules`` (dotted names), ``light`` (import names of the libraries that do not count),
``folders`` (where the modules lie). Out, as JSON on standard output: dotted name -> the other libraries in memory once
it alone was imported. Effect: imports everything.

An interpreter for each module would load torch a hundred times. Here a library is loaded once, put aside after every
module, and given back when, and only when, something imports it. What a library pulls in of others is its own business
and not measured.
"""

import importlib
import json
import sys
from collections import defaultdict
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class Memory(MetaPathFinder, Loader):
    """What is loaded besides the light libraries and the standard library; and, as a finder, what was put aside."""

    def __init__(self, light: list[str], ours: set[str]) -> None:
        for library in light:
            importlib.import_module(library)
        self.ours = ours
        self.from_the_start = set(sys.modules)
        self.uncounted = {*map(library_of, sys.modules), *light, *ours}
        self.aside: dict[str, dict[str, ModuleType]] = defaultdict(dict)

    def loaded(self) -> list[str]:
        """Every module that was not there from the start, the standard library apart: that one pulls nothing in."""
        names = sys.modules.keys() - self.from_the_start
        return [name for name in names if library_of(name) not in sys.stdlib_module_names]

    def libraries(self) -> set[str]:
        """Import names of the libraries in memory that count."""
        return {library_of(name) for name in self.loaded()} - self.uncounted

    def clear(self) -> None:
        """Back to the start: libraries are put aside, our own modules dropped.

        So are parts of light libraries: `safetensors.torch` loads torch, and has to do so anew.
        """
        for name in self.loaded():
            module = sys.modules.pop(name)
            if library_of(name) not in self.uncounted:
                self.aside[library_of(name)][name] = module

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name in self.aside.get(library_of(name), ()) else None

    def exec_module(self, module):
        sys.modules.update(self.aside[library_of(module.__name__)])


def library_of(name: str) -> str:
    return name.partition(".")[0]


def measure(modules: list[str], light: list[str]) -> dict[str, list[str]]:
    """Dotted name -> import names of the libraries that it loads."""
    memory = Memory(light, set(map(library_of, modules)))
    sys.meta_path.insert(0, memory)
    found: dict[str, list[str]] = {name: [] for name in modules}
    for name in modules:
        importlib.import_module(name)
        # Modules that load nothing one after another load nothing alone: only the others need a clear memory.
        if memory.libraries():
            memory.clear()
            importlib.import_module(name)
            found[name] = sorted(memory.libraries())
            memory.clear()
    return found


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    sys.path[:0] = asked["folders"]
    json.dump(measure(asked["modules"], asked["light"]), sys.stdout)
