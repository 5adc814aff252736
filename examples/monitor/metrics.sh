#!/bin/sh
# metrics.sh REPORT...: reports of `satchel sync`, for the textfile collector of
# Prometheus' node exporter.
#
#	metrics.sh /var/lib/satchel/*/sync.json > satchel.prom.new &&
#	    mv satchel.prom.new satchel.prom
exec jq -r '
    "satchel_sync_end_seconds{site=\"\(.site)\"} \(
	if .ended then .ended | fromdate else 0 end)",
    "satchel_sync_well{site=\"\(.site)\"} \(if .well then 1 else 0 end)",
    "satchel_sync_alarms{site=\"\(.site)\"} \(.alarms | length)",
    (.site as $site | .drops[] |
	"satchel_drop_own_bytes{site=\"\($site)\",drop=\"\(.name)\"} \(
	    .own_bytes)")
' "$@"
