#!/bin/sh
# The run of the GitHub Action: action.yml gives its inputs in INPUT_… variables, tuneup's path in TUNEUP.
set -eu

output() { echo "$1=$2" >>"$GITHUB_OUTPUT"; }

set -- scan "$INPUT_PATH"
[ -z "$INPUT_CONFIG" ] || set -- "$@" --config "$INPUT_CONFIG"
[ -z "$INPUT_DIFF" ] || set -- "$@" --diff "$INPUT_DIFF"
[ -z "$INPUT_BASELINE" ] || set -- "$@" --baseline "$INPUT_BASELINE"
# Words apart by spaces, as they would be typed; none of them is a pattern of files.
set -f
# shellcheck disable=SC2086
set -- "$@" $INPUT_ARGS
set +f

code=0
if [ -n "$INPUT_SARIF" ]; then
  # The bar is for the run below: this one is to write the file whatever it finds.
  "$TUNEUP" "$@" --quiet --fail-on never --format sarif --output "$INPUT_SARIF" || code=$?
  [ "$code" -ne 0 ] || output sarif "$INPUT_SARIF"
fi
[ -z "$INPUT_FAIL_ON" ] || set -- "$@" --fail-on "$INPUT_FAIL_ON"
[ -z "$INPUT_OUTPUT" ] || set -- "$@" --output "$INPUT_OUTPUT"
[ "$code" -ne 0 ] || "$TUNEUP" "$@" --format "$INPUT_FORMAT" || code=$?
output exit-code "$code"
exit "$code"
