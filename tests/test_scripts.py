"""The two scripts on a machine that has only Python: they bring uv, sync the lock, and pass their arguments on."""

import hashlib
import http.server
import io
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ("bash", "chmod", "dirname", "env", "id", "mkdir", "rm")
# Stands in for uv: notes its arguments, and leaves programs in .venv/bin that print theirs.
UV = """#!/usr/bin/env bash
echo "$@" >> uv.log
mkdir -p .venv/bin
for name in moulage ruff mypy pytest python playwright; do
    printf '#!/usr/bin/env bash\\necho %s "$@"\\n' $name > .venv/bin/$name
    chmod +x .venv/bin/$name
done
"""
# Debian's Python: no venv without ensurepip, no pip.
PYTHON = f"""#!/usr/bin/env bash
case "$1 $2" in "-m venv"|"-m pip"|"-m ensurepip") exit 1;; esac
exec {sys.executable} "$@"
"""
BROWSER = "#!/usr/bin/env bash\necho Chromium 1\n"


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # never write through a link into the system
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """A checkout's scripts, and a PATH that leads to Python and a few commands of any system."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    program(tmp_path / "bin" / "python3", PYTHON)
    for name in COMMANDS:  # programs that call the real ones: a link would let a test write into the system
        program(tmp_path / "bin" / name, f'#!{shutil.which("bash")}\nexec {shutil.which(name)} "$@"\n')
    return tmp_path


def run(machine, script, *arguments, **environment):
    variables = {"PATH": str(machine / "bin"), "HOME": str(machine), **environment}
    command = [machine / "bin" / "bash", machine / "scripts" / script, *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture
def index():
    """A package index on loopback with two uv wheels for this machine; yields its address."""
    wheels = {"0.9.10": UV, "0.9.9": "#!/usr/bin/env bash\nexit 7\n"}
    files = {}
    for version, text in wheels.items():
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr(f"uv-{version}.data/scripts/uv", text)
        for tag in ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "macosx_11_0_arm64"):
            files[f"uv-{version}-py3-none-{tag}.whl"] = data.getvalue()
    page = "".join(
        f'<a href="../../files/{name}#sha256={hashlib.sha256(data).hexdigest()}">{name}</a>\n'
        for name, data in files.items()
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = files.get(self.path.rsplit("/", 1)[-1], page.encode())
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()
        thread.join()


def test_without_uv_and_pip_the_newest_uv_wheel_is_unpacked_and_the_arguments_arrive(machine, index):
    done = run(machine, "studio", "--port", "7899", UV_DEFAULT_INDEX=index)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "moulage studio --port 7899\n"
    synced = (machine / "uv.log").read_text()
    assert "sync" in synced
    assert "--frozen" in synced
    assert "--compile-bytecode" in synced


def test_what_was_brought_once_is_used_again(machine, index):
    run(machine, "studio", UV_DEFAULT_INDEX=index)

    done = run(machine, "studio", "--help", UV_DEFAULT_INDEX="http://127.0.0.1:1/simple")

    assert done.stdout == "moulage studio --help\n", done.stderr


def test_an_index_out_of_reach_is_one_sentence(machine):
    done = run(machine, "studio", UV_DEFAULT_INDEX="http://127.0.0.1:1/simple")

    assert done.returncode != 0
    assert "uv could not be brought from the package index" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_fitting_python_is_one_sentence(machine):
    program(machine / "bin" / "python3", "#!/usr/bin/env bash\nexit 1\n")

    done = run(machine, "studio")

    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 to 3.14 is needed")


def test_the_checks_run_in_order_and_pass_their_arguments_on(machine):
    program(machine / "bin" / "uv", UV)
    program(machine / "bin" / "chromium", BROWSER)

    done = run(machine, "test")

    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ruff", "ruff", "mypy", "pytest"], done.stderr
    assert done.returncode == 0


def test_without_a_browser_the_tests_fail_with_one_sentence(machine):
    program(machine / "bin" / "uv", UV)
    program(machine / "bin" / "id", "#!/usr/bin/env bash\necho 1000\n")

    done = run(machine, "test")

    assert done.returncode == 1
    assert "The browser tests need a Chromium" in done.stderr
    assert "pytest" not in done.stdout


def test_a_browser_that_does_not_start_does_not_count(machine):
    program(machine / "bin" / "uv", UV)
    program(machine / "bin" / "id", "#!/usr/bin/env bash\necho 1000\n")
    program(machine / "bin" / "chromium-browser", "#!/usr/bin/env bash\nexit 1\n")

    assert "The browser tests need a Chromium" in run(machine, "test").stderr


def test_the_ci_calls_the_test_script():
    assert "scripts/test" in (ROOT / ".ci" / "run").read_text()
