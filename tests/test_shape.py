"""What imports cannot show: foreign keys, dynamic look-ups, documents that lie, functions that ran away."""

import ast
import configparser
import re
from pathlib import Path
from statistics import median, quantiles

import pytest
from django.apps import apps
from django.db.models import ForeignKey

from kernel.events import Event

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ["kernel", "org", "catalog", "customers", "inventory", "orders", "pos", "integrations", "backoffice", "demo", "commerce"]
LONGEST_FUNCTION, LONGEST_FILE = 80, 500


def sources(*, tests: bool = False) -> list[Path]:
    found = [path for layer in LAYERS for path in (ROOT / layer).rglob("*.py") if "migrations" not in path.parts]
    return [path for path in found if tests or "tests" not in path.parts]


def functions() -> list[tuple[str, int]]:
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1))
    return found


def test_every_package_stands_in_the_import_contract():
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(contract["importlinter"]["root_packages"].split()) == packages == set(LAYERS)


def test_foreign_keys_run_downwards():
    upwards = []
    for model in apps.get_models():
        label = model._meta.app_label
        if label not in LAYERS:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey):
                target = field.related_model._meta.app_label
                if target in LAYERS and LAYERS.index(target) > LAYERS.index(label):
                    upwards.append(f"{label}.{model.__name__}.{field.name} -> {target}")
    assert upwards == []


def test_models_are_never_looked_up_by_name():
    # What a setting names is a backend, as Django has them for mail and storage.
    by_name = re.compile(r"\bget_model\(|import_string\((?!settings\.)|__import__\(")
    found = [str(path.relative_to(ROOT)) for path in sources() if by_name.search(path.read_text())]
    assert found == []


def test_tasks_are_called_by_nobody_but_celery_and_the_relay():
    allowed = {"commerce/celery.py", "kernel/management/commands/relay.py"}
    callers = {str(path.relative_to(ROOT)) for path in sources() if re.search(r"\.(delay|apply_async)\(", path.read_text())}
    assert callers <= allowed


def test_every_event_is_described():
    described = (ROOT / "docs/events.md").read_text()
    events = [cls for cls in _subclasses(Event) if not cls.__module__.split(".")[1].startswith("tests")]
    assert events, "no event declared"
    assert [cls.type for cls in events if f"`{cls.type}`" not in described] == []


def _subclasses(cls: type) -> list[type]:
    return [found for child in cls.__subclasses__() for found in (child, *_subclasses(child))]


@pytest.mark.parametrize("document", sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))
def test_documents_name_files_that_exist(document: str):
    text = (ROOT / document).read_text()
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|js|css|html|md|sh|toml|yaml|graphql|json|csv|txt))`", text)
    linked = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not link.startswith("/")]
    base = (ROOT / document).parent
    # What lies under var/ is made at run time.
    missing = [name for name in named if not name.startswith("var/") and not (ROOT / name).exists()] + [
        link for link in linked if not (base / link).exists()
    ]
    assert missing == []


def test_the_architecture_page_stays_one_page_and_names_every_package():
    page = (ROOT / "docs/architecture.md").read_text()
    assert len(page.splitlines()) <= 100
    assert [layer for layer in LAYERS if f"`{layer}`" not in page] == []


def test_only_one_module_names_indexeddb_and_one_calls_fetch():
    scripts = list((ROOT / "pos/static/pos").rglob("*.js"))
    assert scripts
    database = {path.name for path in scripts if re.search(r"\bindexedDB\b|vendor/idb", path.read_text())}
    network = {path.name for path in scripts if re.search(r"\bfetch\(", path.read_text())}
    assert database <= {"db.js"}
    assert network <= {"sync.js"}


def test_nothing_is_plainly_out_of_hand():
    lengths = [length for _, length in functions()]
    files = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    print(f"functions: {len(lengths)}, median {median(lengths)}, p90 {quantiles(lengths, n=10)[-1]:.0f}, longest {max(lengths)}")
    assert [name for name, length in functions() if length > LONGEST_FUNCTION] == []
    assert [name for name, length in files.items() if length > LONGEST_FILE] == []


def test_settings_stay_in_one_file():
    readers = {str(path.relative_to(ROOT)) for path in sources() if re.search(r"os\.environ(\[|\.get)", path.read_text())}
    readers = {name for name in readers if not name.startswith("commerce/run/")}
    assert readers <= {"commerce/settings.py"}
