#!/bin/sh
# verify-entry.sh LOG.pub.pem ENTRY PROOF.tlog-proof
# Says whether ENTRY is in the append-only log whose key is LOG.pub.pem. Needs sh, coreutils, awk and openssl 3.
set -eu
pub=$1 entry=$2 proof=$3; work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
fail() { echo "NOT INCLUDED: $1"; exit 1; }
hex() { base64 -d 2>/dev/null | od -An -v -tx1 | tr -d ' \n'; }
octal() { printf %s "$1" | sed 's/../& /g' | awk '{ for (i = 1; i <= NF; i++) { h = "0123456789abcdef"
  printf "\\0%03o", (index(h, substr($i, 1, 1)) - 1) * 16 + index(h, substr($i, 2, 1)) - 1 } }'; }
node() { printf '%b' "$(octal "01$1$2")" | sha256sum | cut -c1-64; }     # RFC 6962: SHA-256(1, left, right)
awk 'f { print } /^$/ { f = 1 }' "$proof" > "$work/checkpoint"
awk '/^$/ { exit } { print }' "$work/checkpoint" > "$work/text"
origin=$(sed -n 1p "$work/text") size=$(sed -n 2p "$work/text") root=$(sed -n 3p "$work/text" | hex)
awk -v o="$origin" 'f && $2 == o { print $3; exit } /^$/ { f = 1 }' "$work/checkpoint" |
  base64 -d 2>/dev/null | tail -c 64 > "$work/signature"
openssl pkeyutl -verify -pubin -inkey "$pub" -rawin -in "$work/text" -sigfile "$work/signature" > /dev/null 2>&1 ||
  fail 'the checkpoint is not signed by this log'
at=$(awk '/^index / { print $2; exit }' "$proof"); last=$((size - 1)); [ "$at" -le "$last" ] || fail 'no such index'
hash=$({ printf '\000'; cat "$entry"; } | sha256sum | cut -c1-64)        # RFC 6962: SHA-256(0, entry)
for line in $(awk '/^$/ { exit } NR > 1 && !/ / { print }' "$proof"); do
  sibling=$(printf %s "$line" | hex); [ "$last" -gt 0 ] && [ ${#sibling} -eq 64 ] || fail 'the proof is malformed'
  if [ $((at % 2)) -eq 1 ] || [ "$at" -eq "$last" ]; then
    hash=$(node "$sibling" "$hash")
    while [ $((at % 2)) -eq 0 ] && [ "$at" -ne 0 ]; do at=$((at / 2)) last=$((last / 2)); done
  else hash=$(node "$hash" "$sibling"); fi
  at=$((at / 2)) last=$((last / 2))
done
[ "$last" -eq 0 ] && [ "$hash" = "$root" ] || fail 'the entry does not come to the signed root'
echo "INCLUDED in $origin, size $size, root $root"
