#!/bin/sh
# check.sh REPORT HOURS: is the last night of `satchel sync` well, and not older
# than so many hours?  Prints a line and exits as Nagios wants it: 0 OK, 1
# WARNING, 2 CRITICAL, 3 UNKNOWN.
line=$(jq -r --argjson hours "$2" '
    (if .site == "" then input_filename else .site end) as $site |
    if .error then "CRITICAL \($site): \(.error.name): \(.error.message)"
    elif now - (.ended | fromdate) > 3600 * $hours then
	"CRITICAL \($site): no night since \(.ended)"
    elif .conflicts > 0 then "WARNING \($site): \(.conflicts) in conflict"
    else "OK \($site): \(.bundles | length) files read, \(
	[.drops[].published | length] | add // 0) written"
    end' "$1" 2> /dev/null) || line="UNKNOWN: no report in $1"
echo "$line"
case $line in
OK*) exit 0 ;;
WARNING*) exit 1 ;;
CRITICAL*) exit 2 ;;
esac
exit 3
