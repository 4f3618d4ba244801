#!/bin/sh
# The hook of pre-commit: what the commit adds, found by the released tuneup of this hook's own version.
#
# pre-commit keeps a clone of this repository and runs the script from there, in the repository of the user.
set -eu

home=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$home/Cargo.toml" | head -n 1)
origin=$(git -C "$home" config remote.origin.url || true)
repository=$(echo "$origin" | sed -e 's/\.git$//' -e 's|.*[:/]\([^/]*/[^/]*\)$|\1|')
tuneup=$("$home/packaging/install.sh" "$repository" "$version" "$home/.tuneup/bin")

# The first commit has nothing to be compared with.
if git rev-parse --quiet --verify HEAD >/dev/null; then
  exec "$tuneup" scan --diff HEAD "$@"
fi
exec "$tuneup" scan "$@"
