#!/bin/sh
# Makes .venv with everything that is asked for, at the versions of requirements.lock.
#   deploy/setup.sh          the service
#   deploy/setup.sh dev      and what tests and checks need
# and fills the picture library of the checkout from image_cache/samples.
# CUPS support is added where libcups' headers are; the service runs without it.
set -eu
cd "$(dirname "$0")/.."
extras=${1:-}

python=
for candidate in "${PYTHON:-}" python3.11 python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: Python 3.11 or newer is needed (Debian 12 has it: apt-get install python3 python3-venv)" >&2
    exit 1
fi

if [ ! -x .venv/bin/pip ]; then
    rm -rf .venv
    if ! "$python" -m venv .venv 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
            rm -rf .venv
            "$python" -m venv .venv
        else
            echo "setup: Python can't make a virtual environment: as root, apt-get install python3-venv" >&2
            exit 1
        fi
    fi
fi

if [ -r /usr/include/cups/cups.h ]; then
    extras=${extras:+$extras,}cups
fi
wanted=".${extras:+[$extras]}"
stamp=.venv/.installed
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted $(cat pyproject.toml requirements.lock | cksum)" ]; then
    echo "setup: installing $wanted into .venv"
    .venv/bin/pip install --quiet --use-pep517 --disable-pip-version-check --no-warn-script-location -c requirements.lock -e "$wanted"
    echo "$wanted $(cat pyproject.toml requirements.lock | cksum)" >"$stamp"
fi

# the checkout's own picture library, from the originals in git; quick when nothing has changed
SLIPWAY_IMAGE_CACHE=image_cache .venv/bin/slipway images sync image_cache/samples >/dev/null
