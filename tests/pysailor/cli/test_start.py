"""What the command line loads, and what it tells of what is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = ("jsonschema", "jsonschema_rs", "requests", "urllib3", "http.client", "yaml", "pika", "cryptography", "sqlite3")
OURS = ("pysailor.metadata", "pysailor.step", "lib.offline.sandbox", "lib.api", "lib.completions", "lib.conversation")
PROGRAM = """
import resource, sys
from pysailor.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print(*sys.modules, file=sys.stderr)
print(used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def run(*arguments: str, program: str = PROGRAM) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()


@pytest.mark.parametrize("arguments", [("--help",), ("ask", "--help"), ("process", "--help"), ("--version",)])
def test_a_help_text_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    loaded = run(*arguments)[-2]
    assert [name for name in (*HEAVY, *OURS) if name in loaded.split()] == []


def test_help_takes_little_more_than_python_itself() -> None:
    """Some 0.06 s of the processor; jsonschema and requests would be a multiple of it."""
    bare = PROGRAM.replace("from pysailor.cli import main", "import argparse, json, logging\nmain = print")
    pairs = ((float(run("--help")[-1]), float(run("--help", program=bare)[-1])) for _ in range(5))
    assert any(with_ours < 6 * without for with_ours, without in pairs)


@pytest.mark.parametrize("missing", ["pika", "cryptography"])
def test_a_worker_without_its_extra_says_how_to_install_it(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None\nfrom pysailor.cli import main\nprint(main(['run']))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert done.stderr == f"pysailor run: this needs {missing}: pip install -e '{ROOT}[rabbitmq]'\n"


def test_a_worker_that_is_to_tell_metrics_without_the_extra_says_which_it_needs() -> None:
    program = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from pysailor.monitoring.monitor import Monitor\nfrom pysailor.platform.variables import Monitoring\n"
        "from pysailor.errors import SailorError\n"
        "try: Monitor(Monitoring(port=0), 1, {})\n"
        "except SailorError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "prometheus_client is not installed; metrics need the extra [metrics]" in done.stdout


def test_a_look_at_a_worker_without_its_extra_says_how_to_install_it() -> None:
    load = "from pysailor.cli import main\nprint(main(['top', '1']))"
    program = f"import sys; sys.modules['prometheus_client'] = None\n{load}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert done.stderr == f"pysailor top: this needs prometheus_client: pip install -e '{ROOT}[metrics]'\n"


FLOW = "flows/summaries.yaml"


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (("flow", "run", FLOW, "--sandbox"), "jsonata", "flow"),
        (("flow", "check", FLOW), "jsonata", "flow"),
        (("flow", "check", FLOW), "regex", "flow"),
        (("flow", "test", FLOW), "jsonata", "flow"),
        (("flow", "export", FLOW), "jsonata", "flow"),
        (("flow", "start", FLOW, "--broker", "amqp://127.0.0.1:1"), "pika", "rabbitmq"),
    ],
)
def test_a_flow_without_its_extra_says_how_to_install_it(arguments: tuple[str, ...], package: str, extra: str) -> None:
    load = f"from pysailor.cli import main\nprint(main({[*arguments]!r}))"
    program = f"import sys; sys.modules[{package!r}] = None\n{load}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert done.stderr == f"pysailor flow: this needs {package}: pip install -e '{ROOT}[{extra}]'\n"
