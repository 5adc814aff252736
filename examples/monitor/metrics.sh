#!/bin/sh
# metrics.sh REPORT...: reports of `satchel sync`, for the textfile collector of
# Prometheus' node exporter.  Of a night that could not begin, as another one
# was at work, there is nothing: what was written last gets old.
#
#	metrics.sh /var/lib/satchel/*/sync.json > satchel.prom.new &&
#	    mv satchel.prom.new satchel.prom
exec jq -r '
    select(.site != "") |
    "satchel_sync_end_seconds{site=\"\(.site)\"} \(
	if .ended then .ended | fromdate else 0 end)",
    "satchel_sync_well{site=\"\(.site)\"} \(if .well then 1 else 0 end)",
    "satchel_sync_alarms{site=\"\(.site)\"} \(.alarms | length)",
    (.site as $site | .drops[] |
	"satchel_drop_own_bytes{site=\"\($site)\",drop=\"\(.name)\"} \(
	    .own_bytes)")
' "$@"
