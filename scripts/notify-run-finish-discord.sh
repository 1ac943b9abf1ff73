#!/bin/sh
# Waits for the end of a run at a server and tells Discord of it, once.
#
#   RUN_ID=run-abc123 DISCORD_WEBHOOK_URL=https://… scripts/notify-run-finish-discord.sh
#
# Variables, options and exit codes are those of `spec-notify poll-run`.
set -eu

if command -v spec-notify >/dev/null 2>&1; then
  exec spec-notify poll-run "$@"
fi

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ -x "$here/.venv/bin/spec-notify" ]; then
  exec "$here/.venv/bin/spec-notify" poll-run "$@"
fi

echo "spec-notify is not installed: put it on PATH, or run \`make install\` in $here" >&2
exit 127
