#!/usr/bin/env bash
# How a corpus was made: every payload of the format in one small ledger, and one of each file that is handed over.
#
#   tests/corpus/make.sh YTTERBY FOLDER
#
# YTTERBY is the command, FOLDER the new corpus, which must not exist. A corpus that is in the tree is never made again: it
# stands for the files that people keep. This script is for the next version of a format.
set -euo pipefail
ytterby=$(realpath "$1")
mkdir "$2"
out=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

authority=91150000MA00000015 operator=91150000MA00000028 mine=91150000MA0000004E
separator=91150000MA0000005H auditor=91150000MA0000006L heir=91150000MA0000007P county=91150000MA0000008T
origin=ledger.example/corpus-1

in_folder() { (cd "$work/$1" && shift && "$ytterby" --ledger .ytterby "$@" >>"$work/said" 2>&1) || {
    cat "$work/said"; echo "failed in $1: ${*:2}" >&2; exit 1; }; }
node() { in_folder node "$@"; }
plant() { in_folder plant "$@"; }
act() { node "$@" --as $authority --yes; }
# Facts of a party, one JSON object a line, from the standard input.
facts() { cat >"$work/node/facts.jsonl"; node record facts.jsonl --as "$1" --yes; }
# The id of the event at a position.
event_at() { (cd "$work/node" && "$ytterby" --ledger .ytterby inspect --entry "$1" --json) |
    sed -n 's/^ *"\(event_id\|id\)": "\([0-9a-f]\{64\}\)".*/\2/p' | head -n 1; }
size() { (cd "$work/node" && "$ytterby" --ledger .ytterby verify .ytterby) | sed -n 's/.* \([0-9]*\) entries.*/\1/p' | head -n 1; }
newest() { event_at $(($(size) - 1)); }

umask 022
mkdir "$work/node" "$work/plant"
node found --local --plain-keys --name "Corpus of format 1" --origin $origin \
    --authority $authority --authority-names "工业和信息化部=Ministry of Industry" \
    --operator $operator --operator-names "数据中心=Data Centre"

registered() { # PARTY NAMES FLAGS...
    node key new "$1" --plain
    act party add "$1" --local --names "$2" --division 150207 "${@:3}"
}
registered $separator "分离厂=Separation Works" --activities separation,exporting,recycling --group NORTHERN
registered $auditor "审计=Auditor" --auditor
registered $heir "继承=Heir" --activities mining,separation
registered $county "县局=County Office" --sector industry

# The mine's keys are in a folder of its own; what it signs is handed over by file.
node export --pack "$work/plant/copy.pack"
log_key=$(sed -n 's/^verifier key: //p' "$work/said")
plant follow copy.pack --log-key "$log_key"
plant key new $mine --plain
plant key request $mine --names "白云矿业=Baiyun Mining" --division 150207 --activities mining --out "$out/key-request.json"
act party add $mine --request "$out/key-request.json"
act site add $mine/PIT --activity mining --licence C1500002024 --division 150207 --capacity 5000t \
    --from 2024-01-01 --until 2029-12-31
act site add $separator/WORKS --activity separation --licence S-77 --division 150207 --capacity 3000t \
    --from 2024-01-01 --until 2029-12-31
act quota set --year 2025 --track MiningRock --amount 124860t --instrument "2025 No. 1" --issued 2025-01-06
act quota allocate $mine --year 2025 --track MiningRock --amount 3000t --instrument "2025 No. 2" --issued 2025-01-07
act quota allocate NORTHERN --year 2025 --track Separation --amount 900t --instrument "2025 No. 2" --issued 2025-01-07
act quota move --from NORTHERN --to $separator --year 2025 --track Separation --amount 90.5t \
    --instrument "2025 No. 3" --issued 2025-01-08

# The mine's month by e-mail: signed in its folder, admitted by the operator, answered with receipts.
ore='"product":"ore/mixed","composition":"La:300000,Ce:500000,Nd:200000","ore":"mixed"'
node export --pack "$work/plant/copy.pack"
plant follow copy.pack
cat >"$work/plant/march.jsonl" <<LINES
{"event":"method-declared","occurred":"2025-01-02","method":"WB-1","kind":"weighing","random_ppm":500,"systematic_ppm":1000,"elements":[],"laboratory":null,"certificate":null,"from":"2025-01-01","until":"2026-12-31"}
{"event":"opening-stock-declared","occurred":"2025-01-03","site":"PIT","lots":[{"lot":"OLD-1","product":"ore/mixed","quantity":{"net_mg":900000000,"reo_mg":450000000,"basis":"weighed"},"composition":null}]}
{"event":"lot-mined","occurred":"2025-03-05","site":"PIT","lot":"ORE-1",$ore,"quantity":{"net_mg":96200000000,"reo_mg":48000000000,"basis":"measured","uncertainty_ppm":2500,"method":"WB-1","wet_mg":100000000000,"moisture_ppm":38000}}
{"event":"lot-mined","occurred":"2025-03-06","site":"PIT","lot":"ORE-2",$ore,"quantity":{"net_mg":40000000000,"reo_mg":20000000000,"basis":"measured"}}
{"event":"lot-lost","occurred":"2025-03-07","site":"PIT","lines":[{"lot":"$mine/OLD-1","quantity":{"net_mg":1000000,"reo_mg":500000,"basis":"estimated"}}],"cause":"theft","note":"已报案"}
{"event":"shipment-dispatched","occurred":"2025-03-10 09:30","shipment":"SH-1","site":"PIT","to":"$separator","title":"sale","lines":[{"lot":"$mine/ORE-1","quantity":{"net_mg":96200000000,"reo_mg":48000000000,"basis":"weighed"},"packages":20,"owner":null}],"invoices":[{"code":null,"number":"25112000000012345678","date":"2025-03-10","goods_mg":96200000000,"cancels":null}],"carrier":"蒙A·12345","details":{"price":"12000 CNY/t"}}
{"event":"shipment-dispatched","occurred":"2025-03-11","shipment":"SH-2","site":"PIT","to":"$separator","title":"internal","lines":[{"lot":"$mine/ORE-2","quantity":{"net_mg":1000000,"reo_mg":500000,"basis":"weighed"},"packages":1,"owner":"$separator"}],"invoices":[],"carrier":"","sealed":[]}
LINES
plant record march.jsonl --as $mine --yes
plant close $mine --month 2025-03 --yes --out "$out/signed-events.json"
node take "$out/signed-events.json" --out "$out/receipts.json"
plant receipts "$out/receipts.json"
dispatched() { event_at $(($(size) - $1)); } # counted from the end
dispatch=$(dispatched 3) withdrawn=$(dispatched 2)
position=$(($(size) - 3))
node export --pack "$work/plant/copy.pack"
plant follow copy.pack
plant detail disclose "$position" "$out/detail.json"

cat >"$work/plant/withdrawn.jsonl" <<LINES
{"event":"shipment-withdrawn","occurred":"2025-03-12","dispatch":"$withdrawn","reason":"truck broke down"}
LINES
cat >"$work/plant/replacement.json" <<LINES
{"event":"lot-mined","site":"PIT","lot":"ORE-2",$ore,"quantity":{"net_mg":41000000000,"reo_mg":20500000000,"basis":"measured"}}
LINES
plant record withdrawn.jsonl --as $mine --yes
plant correct "$(event_at $((position - 2)))" --reason "moisture not deducted" --replacement replacement.json --as $mine --yes \
    --out more.json
node take "$work/plant/more.json"

facts $separator <<LINES
{"event":"shipment-received","occurred":"2025-03-14","dispatch":"$dispatch","site":"WORKS","lines":[{"line":0,"received":{"net_mg":96000000000,"reo_mg":47900000000,"basis":"weighed"},"outcome":"adjusted","reason":"少200公斤","owner":null}],"completion":"final"}
{"event":"lot-imported","occurred":"2025-03-15","site":"WORKS","lot":"IMP-1","product":"compound/carbonate/mixed","quantity":{"net_mg":1000000000,"reo_mg":450000000,"basis":"weighed"},"composition":"Nd:300000,Dy:700000","country":"MM","declaration":"DECL-2025/0001","supplier":"Å. Gadolin"}
{"event":"scrap-collected","occurred":"2025-03-15","site":"WORKS","lot":"SCR-1","product":"scrap/NdFeB","quantity":{"net_mg":5000000000,"reo_mg":1500000000,"basis":"weighed"},"composition":null,"source":"post-consumer","supplier":"废料回收公司"}
{"event":"lot-recovered","occurred":"2025-03-16","site":"WORKS","lot":"REC-1","product":"residue/slag","quantity":{"net_mg":5000000,"reo_mg":500000,"basis":"weighed"},"composition":"Nd:1000000","source":"slag","note":""}
{"event":"lot-processed","occurred":"2025-03-20","site":"WORKS","process":"separation","model":"mass-balance","inputs":[{"lot":"$mine/ORE-1","quantity":{"net_mg":50000000000,"reo_mg":25000000000,"basis":"measured"}}],"outputs":[{"lot":"OUT-1","product":"compound/oxide/Nd","quantity":{"net_mg":4900000000,"reo_mg":4800000000,"basis":"weighed"},"composition":"Nd:1000000"},{"lot":"OUT-2","product":"compound/carbonate/mixed","quantity":{"net_mg":40000000000,"reo_mg":19000000000,"basis":"weighed"},"composition":"La:375000,Ce:625000"}],"discards":[{"kind":"effluent","quantity":{"net_mg":70000000,"reo_mg":1000000,"basis":"weighed"}}],"retained":[]}
{"event":"lot-assayed","occurred":"2025-03-21","lot":"$separator/OUT-1","reo_ppm":979591,"composition":"Pr:10000,Nd:990000","assay_method":null,"laboratory":"国家稀土产品质检中心","certificate":"7070707070707070707070707070707070707070707070707070707070707070"}
{"event":"lot-exported","occurred":"2025-03-22","site":"WORKS","lines":[{"lot":"$separator/OUT-1","quantity":{"net_mg":3000000,"reo_mg":2940000,"basis":"measured"}}],"licence":{"number":"25-A-000017","quantity_mg":50000000,"from":"2025-01-01","until":"2025-06-30"},"control_code":"1C902","hs_code":"2846901920","declaration":"EXP-1","destination":"DE","final_destination":"FR","details":{"consignee":"Werk"}}
{"event":"lot-used","occurred":"2025-03-23","site":"WORKS","lines":[{"lot":"$separator/OUT-1","quantity":{"net_mg":1000000,"reo_mg":979000,"basis":"measured"}}],"end_use":"永磁电机","sealed":[]}
{"event":"lot-discarded","occurred":"2025-03-24","site":"WORKS","lines":[{"lot":"$separator/SCR-1","quantity":{"net_mg":3000000,"reo_mg":900000,"basis":"measured"}}],"note":"spilled"}
{"event":"shipment-dispatched","occurred":"2025-03-25","shipment":"EU-1","site":"WORKS","to":"end-user","title":"sale","lines":[{"lot":"$separator/OUT-1","quantity":{"net_mg":1000000,"reo_mg":979000,"basis":"measured"},"packages":1,"owner":null}],"invoices":[],"carrier":"","details":{"buyer":"Motorenwerk"}}
{"event":"shipment-dispatched","occurred":"2025-03-26","shipment":"STATE-1","site":"WORKS","to":"stockpile/$separator","title":"internal","lines":[{"lot":"$separator/OUT-1","quantity":{"net_mg":1000000,"reo_mg":979000,"basis":"measured"},"packages":1,"owner":null}],"invoices":[],"carrier":"","sealed":[]}
{"event":"stock-counted","occurred":"2025-03-31 23:30","site":"WORKS","as_of":"2025-03-31T23:00:00+08:00","inventory":"Q1","page":1,"last":true,"lots":[{"lot":"$separator/OUT-2","quantity":{"net_mg":40000000000,"reo_mg":19000000000,"basis":"weighed"}}],"vessels":[{"vessel":"MS-01","volume_ml":12000000,"reo_mg_per_l":118000,"composition":"Nd:1000000","method":null}]}
LINES
exported=$(event_at $(($(size) - 6)))
facts $separator <<LINES
{"event":"document-attached","occurred":"2025-04-01","about":"$exported","media_type":"application/pdf","digest":"7878787878787878787878787878787878787878787878787878787878787878","file_name":"检验报告.pdf","bytes":123456}
LINES
node detail erase "$exported" --field consignee --instrument "DPO 1" --issued 2025-04-02 --as $separator --yes
node close $separator --month 2025-03 --yes

# Acts of office: each once, with what takes it back.
law=(--instrument "2025 No. 9" --issued 2025-04-03)
act seal $mine/ORE-2 "${law[@]}"
act release $mine/ORE-2 "${law[@]}"
act inspection $mine/PIT --inspector 王工 --inspector 李工 --counted $mine/ORE-2=40999,20499.5 --note "封条完好。"
act penalise $mine --article "第二十五条" --fine 52000.50 "${law[@]}"
penalty=$(newest)
act quota deduct $mine --year 2026 --track MiningRock --amount 7t --penalty "$penalty"
act party suspend $heir "${law[@]}"
act party reinstate $heir "${law[@]}"
(cd "$work/node" && "$ytterby" --ledger .ytterby rules show) | sed 's/"transit_days": [0-9]*/"transit_days": 45/' >"$work/node/rules.json"
act rules change rules.json --effective 2027-01-01
finding=$(cd "$work/node" && { "$ytterby" --ledger .ytterby findings --json || true; } |
    sed -n 's/^ *"id": "\([0-9a-f]\{64\}\)".*/\1/p' | head -n 1)
act rule "$finding" --ruling explained --note "scale was checked"
act act annul "$penalty" --reason "金额有误" "${law[@]}"
act party amend $heir --names "继承矿业=Heir Mining" --from 2025-05-01 "${law[@]}"
act site amend $mine/PIT --activity mining --licence C1500002024 --capacity 4000t --from 2025-05-01 "${law[@]}"
cat >"$work/node/control.json" <<LINES
[{"key":"1C902","value":"钐、钆、铽、镝","from":"2025-04-04","until":null,"suspensions":[]},
 {"key":"1C909","value":"","from":"2025-11-08","until":"2027-12-31","suspensions":[{"from":"2025-11-10","until":"2026-11-10"}]}]
LINES
act reference set control-codes control.json "${law[@]}"
facts $authority <<LINES
{"event":"access-granted","occurred":"2025-05-02","auditor":"$auditor","division":"000000","parties":["$mine"],"first_month":"2025-03","last_month":"2025-12","until":"2027-06-30"}
LINES

# Keys: a grant and the objection to it, a rotation, a revocation, the log key's, and the authority's recovery.
node key new $heir --plain --out "$work/stolen"
node key request $heir --keys "$work/stolen" --out "$work/node/grant.json"
act key add $heir --request grant.json
granted=$(cd "$work/node" && "$ytterby" --ledger .ytterby key list | sed -n "s/.*\b\([0-9a-f]\{16\}\)\b.*pending.*/\1/p" | head -n 1)
node key object $heir "$granted" --yes
node key rotate $county --plain --yes
county_key=$(cd "$work/node" && "$ytterby" --ledger .ytterby key list | sed -n "s/^\([0-9a-f]*\)  $county.* signs .*/\1/p")
act key revoke $county "$county_key" --reason ceased
act party succeed $mine $heir --from 2025-06-01 "${law[@]}"
act party delist $auditor "${law[@]}"
node key rotate-log --plain --yes
echo '{"event":"clock-confirmed","shows":"'"$(date -u +%Y-%m-%dT%H:%M:%S.000Z)"'","reason":"授时中心校准"}' \
    >"$work/node/clock.jsonl"
node record clock.jsonl --as $operator --key .ytterby/keys/operator.pem --yes
node key recover $authority --reason "all keys were stolen" --plain --yes
node heads --yes

# Two events of the separator under one number: its folder was copied, and both copies went on.
cp -r "$work/node" "$work/copied"
facts $separator <<LINES
{"event":"lot-lost","occurred":"2025-06-02","site":"WORKS","lines":[{"lot":"$separator/SCR-1","quantity":{"net_mg":1000000,"reo_mg":300000,"basis":"estimated"}}],"cause":"accident","note":"said here"}
LINES
sed 's/said here/said there/' "$work/node/facts.jsonl" >"$work/copied/facts.jsonl"
in_folder copied record facts.jsonl --as $separator --yes --out there.json
cp "$work/copied/there.json" "$work/node/there.json"
(cd "$work/node" && "$ytterby" --ledger .ytterby take there.json >>"$work/said" 2>&1) && exit 1
cp "$work"/node/.ytterby/evidence/*.json "$out/evidence.json"

node heads --yes
node receipt "$position" --out "$out/receipt.json"
node extract $separator "$out/extract.json"
node export "$out/copy"
node export --pack "$out/copy.pack"
mkdir "$out/ledger"
cp -r "$work/node/.ytterby/log" "$out/ledger/log"
echo "$log_key" >"$out/first-log-key"
sed -n 's/^verifier key: //p' "$work/said" | tail -n 1 >"$out/log-key"
(cd "$out" && for position in $(seq 0 $(($(cd "$work/node" && size) - 1))); do
    "$ytterby" --ledger "$work/node/.ytterby" inspect --entry "$position" --json
done >entries.json)
find "$out" -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
(cd "$out" && find -- * -type f | LC_ALL=C sort | xargs sha256sum >"$work/CONTENTS")
install -m 644 "$work/CONTENTS" "$out/CONTENTS"
