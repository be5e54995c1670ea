#!/bin/sh
# Runs a file on the Node that this repository pins: sh scripts/on-node.sh FILE [ARGUMENT]...
# A shell, because it is replaced by that Node: a Node that starts another would stand between it and its signals.
folder=$(node "$(dirname "$0")/node.mjs") || exit
PATH="${folder:+$folder:}$PATH"
export PATH
exec node "$@"
