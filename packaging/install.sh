#!/bin/sh
# Downloads the released tuneup for this machine, compares it with its checksum, and prints the path of the binary.
#
#   install.sh OWNER/REPOSITORY VERSION FOLDER
#
# A version that FOLDER already has is not downloaded again. TUNEUP_RELEASES names another place than GitHub to
# download from: the folder of URLs that holds the archive. Exit code 3: there is no binary to run.
set -eu

fail() {
  echo "error: cannot install tuneup" >&2
  echo "caused by: $1" >&2
  [ $# -lt 2 ] || echo "hint: $2" >&2
  exit 3
}

[ $# -eq 3 ] || fail "install.sh wants OWNER/REPOSITORY, VERSION and FOLDER"
repository=$1
version=${2#v}
folder=$3
case $version in
  '' | *[!0-9A-Za-z.+-]*) fail "\`$version\` is no version" "write it as in 0.1.0" ;;
esac

suffix=
case $(uname -s) in
  Linux) system=unknown-linux-musl ;;
  Darwin) system=apple-darwin ;;
  MINGW* | MSYS* | CYGWIN*) system=pc-windows-msvc suffix=.exe ;;
  *) fail "there is no release for $(uname -s)" "build it with \`cargo install\`, see docs/install.md" ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x86_64 ;;
  arm64 | aarch64) machine=aarch64 ;;
  *) fail "there is no release for $(uname -m)" "build it with \`cargo install\`, see docs/install.md" ;;
esac
# The one Windows release runs on both machines.
[ -z "$suffix" ] || machine=x86_64

installed=$folder/tuneup-$version
binary=$installed/tuneup$suffix
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

name=tuneup-$machine-$system
releases=${TUNEUP_RELEASES:-https://github.com/$repository/releases/download/v$version}
mkdir -p "$folder"
work=$(mktemp -d "$folder/download.XXXXXX")
trap 'rm -rf "$work"' EXIT
for file in "$name.tar.gz" "$name.tar.gz.sha256"; do
  curl --fail --silent --show-error --location --retry 3 --output "$work/$file" "$releases/$file" ||
    fail "$releases/$file could not be downloaded" "is $version a released version?"
done

expected=$(cut -d ' ' -f 1 "$work/$name.tar.gz.sha256")
if command -v sha256sum >/dev/null; then
  actual=$(sha256sum "$work/$name.tar.gz" | cut -d ' ' -f 1)
else
  actual=$(shasum -a 256 "$work/$name.tar.gz" | cut -d ' ' -f 1)
fi
[ -n "$actual" ] && [ "$actual" = "$expected" ] ||
  fail "the checksum of $name.tar.gz is $actual instead of $expected" "download again; if it stays so, do not use it"

# Without a path before the name: tar takes the `D:` of Windows for another machine.
(cd "$work" && tar -xzf "$name.tar.gz")
# In one step: two runs at once both end with a whole folder.
mv "$work/$name" "$installed" 2>/dev/null || [ -x "$binary" ] || fail "$installed cannot be written"
echo "$binary"
