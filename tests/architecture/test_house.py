"""The house rules that no linter knows: size, names, where Django may be, one room per SDK."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINES = ("provenance", "attest", "detector")
PACKAGES = (*ENGINES, "service", "benchmarks")
DJANGO_PLACES = {"apps.py", "models.py", "admin.py", "queries.py"}
SDK_ROOMS = {
    "c2pa": ("provenance", "benchmarks"),
    "eth_abi": ("attest/registry",),
    "requests": ("attest/registry",),
    "eth_account": ("attest/registry",),
    "rfc3161_client": ("attest/timestamps",),
    "opentimestamps": ("attest/timestamps",),
    "faiss": ("detector/index", "detector/train_vocabulary.py", "benchmarks"),
    "numba": ("detector/index",),
    "llvmlite": ("detector/index", "detector/fingerprints/precision.py"),
    "pymilvus": ("detector/index",),
    "av": ("detector/media", "benchmarks"),
    "cv2": ("detector/fingerprints/sift.py", "detector/training", "benchmarks"),
    "torch": ("detector/fingerprints", "detector/training", "service/management/commands/doctor.py"),
    "sentence_transformers": ("detector/fingerprints",),
    "opencc": ("detector/fingerprints/variants.py", "benchmarks"),
    "onnxruntime": ("detector/fingerprints/onnx_session.py",),
    "ninja": ("service/api",),
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def sources(*packages: str) -> Iterator[Path]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts and "node_modules" not in path.parts:
                yield path


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_a_file_stays_under_four_hundred_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in sources(*PACKAGES)
        if (n := len(p.read_text().splitlines())) >= 400
    }
    assert long == {}


def test_a_function_stays_under_sixty_lines() -> None:
    long = []
    for path in sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines >= 60:
                    long.append(f"{path.relative_to(ROOT)}:{node.name} ({lines})")
    assert long == []


def test_no_file_is_a_drawer_for_everything() -> None:
    assert [
        p for p in sources(*PACKAGES) if p.stem in FORBIDDEN_NAMES or p.parent.name in FORBIDDEN_NAMES
    ] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_django_stays_at_the_edge_of_an_engine(engine: str) -> None:
    inside = []
    for path in sources(engine):
        relative = path.relative_to(ROOT / engine)
        at_the_edge = relative.name in DJANGO_PLACES or relative.parts[0] == "flows"
        if not at_the_edge and "django" in imports(path):
            inside.append(str(path.relative_to(ROOT)))
    assert inside == []


@pytest.mark.parametrize(("sdk", "rooms"), SDK_ROOMS.items())
def test_an_sdk_is_imported_in_one_room(sdk: str, rooms: tuple[str, ...]) -> None:
    strangers = []
    for path in sources(*PACKAGES):
        relative = path.relative_to(ROOT).as_posix()
        if sdk in imports(path) and not relative.startswith(rooms):
            strangers.append(relative)
    assert strangers == []


def test_only_env_reads_the_environment_of_the_service() -> None:
    # Supervisor and throw-away installations hand the environment on to their children.
    allowed = ("service/settings/env.py", "service/supervisor/", "service/cli/scratch.py")
    readers = []
    for path in sources("service"):
        relative = path.relative_to(ROOT).as_posix()
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text()) and not relative.startswith(allowed):
            readers.append(relative)
    assert readers == []


def test_every_public_module_says_what_it_is() -> None:
    silent = []
    for path in sources(*PACKAGES):
        text = path.read_text()
        if text.strip() and ast.get_docstring(ast.parse(text)) is None:
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_every_error_code_is_snake_case() -> None:
    odd = []
    for path in sources(*ENGINES, "service"):
        for code in re.findall(r"\bcode\s*[:=]\s*\"([^\"]+)\"", path.read_text()):
            if not re.fullmatch(r"[a-z][a-z0-9_.]*", code):
                odd.append(f"{path.relative_to(ROOT)}: {code}")
    assert odd == []
