"""Parts by name: routers, losses, encoders, estimators and data sets, our own and anyone's.

Wherever one of them is chosen, in Python, in a recipe or on the command line, it may be a name of ours, a class, or an
import path such as ``my_lab.nets.MyRouter``. Its settings are the keyword-only parameters of its constructor.

To import a module is to run it. Whoever reads names from a file that somebody else may have written does so within
`imports`, which forbids it unless the caller trusts the file.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from interplay.errors import InvalidInput, UntrustedPart
from interplay.settings import near_first, nearest_name, read_arguments

NAME = "name"
"""Key under which a mapping of settings names its part."""

_trusted = ContextVar("trusted", default=True)


@contextmanager
def imports(*, trust: bool) -> Iterator[None]:
    """Whether import paths may load modules in this block; those that are loaded already need no trust."""
    token = _trusted.set(trust)
    try:
        yield
    finally:
        _trusted.reset(token)


@dataclass(frozen=True, slots=True)
class Choice:
    """A part that was chosen, with all its settings.

    Attributes
    ----------
    name : of the registry, or import path
    kind : the class
    settings : every keyword-only parameter of its constructor
    """

    name: str
    kind: type
    settings: Mapping[str, Any] = field(default_factory=dict)

    def build(self, *arguments: Any) -> Any:
        """The part, made from what its place gives and its settings."""
        return self.kind(*arguments, **self.settings)

    def to_dict(self) -> dict[str, Any]:
        """What `Registry.choose` reads back."""
        return {NAME: self.name, **self.settings}

    def __str__(self) -> str:
        return self.name


class Registry(Mapping[str, type]):
    """Classes by name.

    Parameters
    ----------
    what : str
        What they are, for messages: "router".
    classes : mapping of str to class
    base : class
        What each must be a subclass of.
    """

    def __init__(self, what: str, classes: Mapping[str, type], base: type = object):
        self.what, self._classes, self.base = what, dict(classes), base

    def __getitem__(self, name: str) -> type:
        return self._classes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def find(self, named: str | type) -> type:
        """The class of a name, of an import path, or itself.

        Raises
        ------
        InvalidInput
            If there is none.
        UntrustedPart
            If it would have to be imported where it may not, see `imports`.
        """
        if isinstance(named, type):
            return self._fitting(named)
        if named in self._classes:
            return self._classes[named]
        if isinstance(named, str) and "." in named:
            return self._fitting(self._imported(named))
        question, known = nearest_name(str(named), self), near_first(str(named), sorted(self))
        raise InvalidInput(
            f"{self.what} must be one of {known}, a class, or an import path such as my_lab.parts.Mine; got "
            f"{named!r}.{question and ' '}{question}"
        )

    def name_of(self, kind: type) -> str:
        """The name of a class: ours, or its import path."""
        names = [name for name, known in self._classes.items() if known is kind]
        return names[0] if names else f"{kind.__module__}.{kind.__qualname__}"

    def choose(
        self,
        chosen: "str | type | Mapping[str, Any] | Choice",
        *,
        default: str | None = None,
        where: str = "",
    ) -> Choice:
        """A part and its settings, from its name, class or import path, or from a mapping that also has settings.

        Parameters
        ----------
        chosen : str, class, mapping or Choice
            A mapping names its part under ``name``.
        default : str, optional
            The part of a mapping that names none.
        where : str
            Dotted name of the place, for messages.

        Raises
        ------
        InvalidInput
            If there is no such part, or it has no such setting.
        """
        if isinstance(chosen, Choice):
            return chosen
        settings = dict(chosen) if isinstance(chosen, Mapping) else {NAME: chosen}
        named = settings.pop(NAME, default)
        if named is None:
            raise InvalidInput(f"{where or self.what} must say its name; it does not.")
        kind = self.find(named)
        return Choice(self.name_of(kind), kind, read_arguments(kind, settings, where or self.what))

    def _imported(self, path: str) -> type:
        module, _, name = path.rpartition(".")
        try:
            part = self._attribute(module, name)
        except (ImportError, AttributeError) as error:
            raise InvalidInput(
                f"{self.what} {path!r} must be a class that can be imported from here; it cannot: {error}. Check the "
                "path, or run where the file lies."
            ) from error
        if not isinstance(part, type):
            raise InvalidInput(f"{self.what} {path!r} must be a class; it is {type(part).__name__}.")
        return part

    def _attribute(self, module: str, name: str) -> Any:
        if _trusted.get():
            look_here()
            return getattr(import_module(module), name)
        if module not in sys.modules:
            raise UntrustedPart(
                f"a part must be one of interplay or trusted before it is imported; {self.what} {module}.{name} is "
                "neither, and importing it runs its code. Look at that code, then say --trust, or trust=True in "
                f"load_run, or import {module} yourself before."
            )
        # not by getattr: a module may import others when it is asked for what it lacks
        if name not in vars(sys.modules[module]):
            raise AttributeError(f"module {module!r} has no {name!r}")
        return vars(sys.modules[module])[name]

    def _fitting(self, kind: type) -> type:
        if not issubclass(kind, self.base):
            raise InvalidInput(
                f"{self.what} must be a class made from {self.base.__name__}; {self.name_of(kind)} is not."
            )
        return kind


def look_here() -> None:
    """Let import paths begin in the folder that we are called from, where a console script does not look by itself."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
