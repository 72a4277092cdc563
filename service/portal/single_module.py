"""The verifier's ES modules as one: for a page that is saved to a disk, and for programs that want one file.

Our modules import only one another, by one-line statements, and no two of them use one name at their top;
that is all that joining them takes. Whatever else is met is refused.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "(?P<path>\.[^"]+\.mjs)";\n', re.MULTILINE)
_PASSED_ON = re.compile(r'^export \{(?P<names>[^}]*)\} from "(?P<path>\.[^"]+\.mjs)";\n', re.MULTILINE)
_DECLARED = re.compile(
    r"^(?P<export>export )?(?:async function|function|class|const|let) (?P<name>\w+)", re.MULTILINE
)
_UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@dataclass(slots=True)
class _Joining:
    pieces: dict[Path, str] = field(default_factory=dict)
    names: dict[str, Path] = field(default_factory=dict)

    def add(self, path: Path) -> list[str]:
        """Add a module behind those it imports, and return what it exports."""
        text = path.read_text("utf-8")
        if path in self.pieces:
            return []
        self.pieces[path] = ""
        exported = []
        for statement in (*_IMPORT.finditer(text), *_PASSED_ON.finditer(text)):
            self.add((path.parent / statement["path"]).resolve())
        for statement in _PASSED_ON.finditer(text):
            exported += [name.strip() for name in statement["names"].split(",")]
        text = _PASSED_ON.sub("", _IMPORT.sub("", text))
        for declared in _DECLARED.finditer(text):
            if self.names.setdefault(declared["name"], path) != path:
                raise ValueError(f"{declared['name']} is declared in {path.name} and elsewhere")
            if declared["export"]:
                exported.append(declared["name"])
        text = _DECLARED.sub(lambda found: found[0].removeprefix("export "), text)
        if unknown := _UNKNOWN.search(text):
            raise ValueError(f"{path.name} has a statement that cannot be joined: {unknown[0]}")
        # A module that imports another one in a circle would find it only half there.
        del self.pieces[path]
        self.pieces[path] = text
        return exported


def joined(entry: Path, *, exports: bool) -> str:
    """The module and all that it imports as one text; with `exports`, it exports what `entry` does.

    Raises ValueError where two of them declare one name or hold a statement of another form.
    """
    joining = _Joining()
    exported = joining.add(entry.resolve())
    body = "\n".join(joining.pieces.values())
    return body + (f"\nexport {{ {', '.join(sorted(exported))} }};\n" if exports else "")
