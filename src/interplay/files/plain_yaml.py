"""YAML of anybody, read within bounds: no code, no text without end, no group that stands for thousands."""

from typing import Any

import yaml

LONGEST, LONGEST_NUMBER, DEEPEST, MOST = 2_000_000, 100, 40, 200_000
"""Characters of a text and of a number, groups in groups, and values in all, those that aliases repeat included."""


class BoundedLoader(yaml.SafeLoader):
    """The safe loader, which counts what it is asked to build."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = self._values = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """One value, with all that it holds."""
        mark = self.peek_event().start_mark
        if self._depth > DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"groups nest deeper than {DEEPEST}", mark)
        before, again = self._values, self.check_event(yaml.AliasEvent)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        # an alias of what is not finished would hold itself
        self._values += self._sizes.get(id(node), MOST) if again else 1
        if self._values > MOST:
            raise yaml.composer.ComposerError(None, None, f"it holds more than {MOST} values", mark)
        self._sizes[id(node)] = self._values - before
        return node


def _whole_number(loader: BoundedLoader, node: yaml.ScalarNode) -> int:
    if len(node.value) > LONGEST_NUMBER:
        what = f"a number has {len(node.value)} digits"
        raise yaml.constructor.ConstructorError(None, None, what, node.start_mark)
    return loader.construct_yaml_int(node)


BoundedLoader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def read_plain_yaml(text: str, loader: type[BoundedLoader] = BoundedLoader) -> Any:
    """Values of a YAML text.

    Raises
    ------
    yaml.YAMLError
        Whatever is wrong with it.
    """
    if len(text) > LONGEST:
        raise yaml.YAMLError(f"it is longer than {LONGEST} characters")
    try:
        return yaml.load(text, loader)
    except (RecursionError, ValueError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise yaml.YAMLError(str(error)) from error
