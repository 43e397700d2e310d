#!/bin/sh
# Starts LiteLLM from the configuration in LITELLM_CONFIG: `serve`, or `migrate` to bring the database's schema up to
# date and end.
set -eu

config=/tmp/litellm.yaml
printf '%s' "${LITELLM_CONFIG:?is the configuration, as YAML}" >"$config"
# LiteLLM looks for its callbacks beside its configuration. The copy of an earlier start is read-only.
cp -f /stargate/stargate_tracing.py "$(dirname "$config")"

case "${1:-serve}" in
  serve)
    # Replaces this shell, so that a stop signal reaches LiteLLM.
    exec litellm --config "$config" --host 0.0.0.0 --port "${PORT:?is the port}" --num_workers "${NUM_WORKERS:-1}"
    ;;
  migrate)
    DISABLE_SCHEMA_UPDATE=false exec litellm --config "$config" --skip_server_startup
    ;;
  *)
    echo "start.sh: $1 is unknown: choose serve or migrate" >&2
    exit 1
    ;;
esac
