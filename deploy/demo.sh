#!/bin/sh
# The main job on the sample orders, with codes to give and the week's words and art, and printers that are folders:
# no root, no CUPS, nothing opened.
set -eu
cd "$(dirname "$0")/.."
export SLIPWAY_SPOOL=var/demo
rm -rf "$SLIPWAY_SPOOL"
mkdir -p "$SLIPWAY_SPOOL"
orders=$(find docs/samples -name '*.json' -o -name '*.jsonl' -o -name '*.csv' | sort)

echo "slipway vouchers import POOL docs/vouchers/POOL.csv"
for codes in docs/vouchers/*.csv; do
    .venv/bin/slipway vouchers import "$(basename "$codes" .csv)" "$codes" >/dev/null
done
echo "slipway content activate 2026-W48"
.venv/bin/slipway content activate 2026-W48 >/dev/null

echo "slipway run                        (in the background; its log: $SLIPWAY_SPOOL/log)"
.venv/bin/slipway run 2>"$SLIPWAY_SPOOL/log" &
service=$!
trap 'kill $service 2>/dev/null || true' EXIT
tries=0
until grep -q service.ready "$SLIPWAY_SPOOL/log"; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ] || ! kill -0 $service 2>/dev/null; then
        cat "$SLIPWAY_SPOOL/log"
        exit 1
    fi
    sleep 0.1
done

# two customers who have their day this week, whenever that is
.venv/bin/python - "$SLIPWAY_SPOOL" <<'END'
import datetime, json, pathlib, sys

order = json.loads(pathlib.Path("docs/samples/10585-thanks.json").read_text(encoding="utf-8"))
today = datetime.date.today()
birthday = {"id": "C-20733", "birthday": f"{today + datetime.timedelta(days=6):%m-%d}"}
anniversary = {"id": "C-20740", "member_since": f"{today - datetime.timedelta(days=2 * 365 - 4):%Y-%m-%d}"}
for order_id, customer in ("AH10592", birthday), ("AH10599", anniversary):
    made = order | {"order_id": order_id, "customer": order["customer"] | customer}
    pathlib.Path(sys.argv[1], f"{order_id}.json").write_text(json.dumps(made), encoding="utf-8")
END
orders="$orders $SLIPWAY_SPOOL/AH10592.json $SLIPWAY_SPOOL/AH10599.json"

echo "slipway submit --wait docs/samples/*"
# shellcheck disable=SC2086 # a list of files
.venv/bin/slipway submit --wait $orders >/dev/null
kill $service
wait $service

echo "slipway receipts"
echo
.venv/bin/slipway receipts
echo
echo "slipway campaigns list"
echo
.venv/bin/slipway campaigns list
echo
echo "The sheets lie in $SLIPWAY_SPOOL/printers/QUEUE/, the receipts in $SLIPWAY_SPOOL/receipts/."
