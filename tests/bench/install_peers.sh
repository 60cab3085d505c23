#!/bin/sh
# Makes .venv-bench with the engines that the bench compares ours with; service and tests never see them.
# Says so, and goes on, where something can't be installed: the bench then tells which engine was not run, and why.
set -eu
cd "$(dirname "$0")/../.."
packages="gcc pkg-config python3-dev libcairo2-dev libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
done
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "bench: installing$missing"
    # shellcheck disable=SC2086 # a list of words
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
        >/dev/null || echo "bench: not installed:$missing"
elif [ -n "$missing" ]; then
    echo "bench: not installed, and not root:$missing"
    echo "bench: pycairo and WeasyPrint need them; to run all engines: apt-get install$missing"
fi

wanted=$(cat pyproject.toml requirements.lock | cksum)
stamp=.venv-bench/.installed
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
[ -x .venv-bench/bin/pip ] || .venv/bin/python -m venv --clear .venv-bench
echo '*' >.venv-bench/.gitignore
engines=$(.venv/bin/python -c 'import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], "reportlab[accel]")')
echo "bench: installing $engines into .venv-bench"
whole=yes
for engine in $engines; do
    .venv-bench/bin/pip install --quiet --disable-pip-version-check -c requirements.lock "$engine" || whole=
done
if [ "$whole" ]; then
    echo "$wanted" >"$stamp"
fi
