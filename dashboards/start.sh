#!/bin/sh
# Starts Grafana on the dashboards, with the address of the traces' pages in them: provisioning puts no environment
# variable into a dashboard.
set -eu

# The provider of dashboards reads it too.
export GF_PATHS_DATA="${GF_PATHS_DATA:-/var/lib/grafana}"
folder="$GF_PATHS_DATA/dashboards"
# A bar separates; an address has none, and & would stand for what was found.
address="$(printf '%s' "${TRACING_URL:-}" | sed 's|[&\\]|\\&|g; s|/*$||')"

mkdir -p "$folder"
rm -f "$folder"/*.json
for source in "${STARGATE_DASHBOARDS:-/etc/grafana/dashboards}"/*.json; do
  sed "s|@TRACING_URL@|$address|g" "$source" >"$folder/$(basename "$source")"
done

# Replaces this shell, so that a stop signal reaches Grafana.
exec "${STARGATE_GRAFANA:-/run.sh}" "$@"
