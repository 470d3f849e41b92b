"""How help looks: a short usage, defaults where they say something, examples as written."""

from argparse import SUPPRESS, Action

from jsonargparse import DefaultHelpFormatter


class CommandHelp(DefaultHelpFormatter):
    """Help without what only programmers ask for; settings of recipes and estimators keep their types."""

    def _get_help_string(self, action: Action) -> str:
        if "." in action.dest or not action.option_strings or action.help is None:
            return super()._get_help_string(action)
        if action.required:
            return f"{action.help} (required)"
        says_nothing = any(action.default is value for value in (None, False, SUPPRESS))
        return action.help if says_nothing else f"{action.help} (default: %(default)s)"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("examples:") else super()._fill_text(text, width, indent)

    def _format_usage(self, usage, actions, groups, prefix) -> str:
        needed = []
        for action in actions:
            if not action.option_strings and action.dest != SUPPRESS:
                needed.append(action.metavar or action.dest.upper())
            elif action.required:
                needed.append(f"{action.option_strings[0]} {self._get_default_metavar_for_optional(action)}")
        return f"usage: {' '.join([self._prog, *needed])} [options]\n\n"
