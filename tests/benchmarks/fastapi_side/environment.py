"""The environment of the FastAPI side: its few packages on top of ours, so that all else is the very same."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PLACE = ROOT / ".venv-bench"


def python_of_fastapi() -> Path:
    """Return the environment's Python, making it when it is not there or outdated."""
    python = PLACE / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    stamp = PLACE / ".made-of"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(PLACE)], check=True)
        install = [uv, "pip", "install", "-q", "--python", str(python), "--no-deps"]
        subprocess.run([*install, "-r", str(HERE / "requirements.txt")], check=True)
        (site,) = (PLACE / "lib").glob("python*/site-packages")
        ours = sysconfig.get_paths()["purelib"]
        (site / "tenfold-bench.pth").write_text(f"{ours}\n{ROOT}\n", encoding="utf-8")
        stamp.write_text(wanted, encoding="utf-8")
    return python
