#!/usr/bin/env bash
# Puts ONNX Runtime's headers into FOLDER/usr/include/onnxruntime, for Debian before 13, which has no
# package of them: those of Debian 13, unpacked and not installed. Nothing else of the system changes.
set -euo pipefail
folder=${1:?usage: onnxruntime_headers.sh FOLDER}
mkdir -p "$folder"
folder=$(realpath "$folder")

# apt with lists of its own, and one source.
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
mkdir -p "$own"/{parts,lists/partial,cache/archives/partial}
cat >"$own/parts/trixie.sources" <<SOURCE
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCE
options=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$own/parts"
    -o "Dir::State::Lists=$own/lists" -o "Dir::Cache=$own/cache" -o APT::Sandbox::User=)

cd "$own"
apt-get "${options[@]}" update -qq
apt-get "${options[@]}" download -qq libonnxruntime-dev
dpkg -x libonnxruntime-dev_*.deb "$folder"
