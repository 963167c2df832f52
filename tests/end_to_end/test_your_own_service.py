"""docs/your-own-service.md to the letter: its files are written, its commands run, its output is what comes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for

WALK = Path(__file__).resolve().parents[2] / "docs" / "your-own-service.md"
PORT = "8099"
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def environ():
    """The environment of a shell in which `tenfold` and `python` are those of this checkout."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SHOP_TOKEN": "a-secret", "COLUMNS": "200", "NO_COLOR": "1"}


def test_the_page_is_followed_to_the_letter(tmp_path, monkeypatch):
    """But for the port, which has to be free: every file, every command, every exit code, every line of output."""
    port = str(free_port())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_TOKEN", "a-secret")
    said, service = "", None
    try:
        for language, told, body in BLOCK.findall(WALK.read_text(encoding="utf-8").replace(PORT, port)):
            if "file=" in told:
                (tmp_path / told.split("file=")[1].strip()).write_text(body)
            elif "run=service" in told:
                command = [sys.executable, *body.strip().splitlines()[-1].split()[1:]]
                service = Child("the shop", command, tmp_path / "shop.log")
                wait_for(service, "the shop", lambda: answers(f"http://{LOOPBACK}:{port}/healthz"), 30)
            elif "run=" in told:
                done = subprocess.run(
                    ["sh", "-ec", body], env=environ(), capture_output=True, text=True, timeout=120, check=False
                )
                said = done.stdout + done.stderr
                assert done.returncode == int(told.split("run=")[1]), said
            elif language == "text":
                for line in body.strip().splitlines():
                    assert line.strip() in said
    finally:
        if service is not None:
            service.stop()
    kept = [path.read_text(errors="replace") for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert len(kept) > 10
    assert not any("a-secret" in text for text in kept)
