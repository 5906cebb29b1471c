#!/usr/bin/env bash
# A first session, on a folder that vanishes: found a ledger, register a mine, record, verify.
# The codes are invented; their check characters are right. YTTERBY names a command that is built already, and LOTS how
# many lots are recorded.
set -euo pipefail
ytterby=${YTTERBY:-}
if [ -z "$ytterby" ]; then
    cd "$(dirname "$0")/../.."
    cargo build --release --quiet --locked --package cli
    ytterby=$PWD/target/release/ytterby
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

authority=91150000MA00000015 operator=91150000MA00000028 mine=91150000MA0000004E

"$ytterby" found --local --name "Rare earths" --origin ledger.example/rare-earths \
    --authority $authority --authority-names "工业部=Ministry of Industry" \
    --operator $operator --operator-names "数据中心=Data Centre" --plain-keys
"$ytterby" key new $mine --plain >/dev/null
"$ytterby" party add $mine --local --names "白云矿业=Baiyun Mining" --division 150207 --activities mining \
    --as $authority --yes 2>/dev/null
"$ytterby" site add $mine/PIT-1 --activity mining --licence C1500002024 --division 150207 --capacity 250000t \
    --from 2024-01-01 --until 2029-12-31 --as $authority --yes 2>/dev/null
"$ytterby" quota set --year 2024 --track MiningRock --amount 124860t --instrument "2024 No. 1" --issued 2024-02-06 \
    --as $authority --yes 2>/dev/null
"$ytterby" party list

# Ten thousand lots in the documented CSV columns.
lots=${LOTS:-10000}
"$ytterby" template lot-mined 2>/dev/null | head -n 1 >lots.csv
for number in $(seq -w 1 "$lots"); do
    echo "lot-mined,2024-03-05 14:30,PIT-1,L-$number,ore/mixed,25000,12500.5,measured,0.2,\"La:300000,Ce:500000,Nd:200000\",mixed"
done >>lots.csv
"$ytterby" record lots.csv --as $mine --yes 2>/dev/null | tail -n 2

"$ytterby" verify .ytterby
"$ytterby" verify .ytterby --chained | head -n 3
"$ytterby" receipt $((lots + 3)) --out lot.json
"$ytterby" verify lot.json --log .ytterby
