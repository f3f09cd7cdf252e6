#!/usr/bin/env bash
# Instructions per byte of input, and memory over the input: the same on any machine, however busy it is.
#
#   benches/instructions.sh            measures and compares with benches/instructions.txt
#   benches/instructions.sh --write    measures and replaces the numbers there
#
# Fails if a number is more than 3 % above the one that is kept. Needs valgrind. What a run over an empty folder takes
# is subtracted, so the numbers are those of the input alone. One thread, so that they do not depend on the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

tolerance=3
kept=benches/instructions.txt
command -v valgrind >/dev/null || { echo "valgrind is not installed: nothing is measured" >&2; exit 2; }
program=$(cargo bench --locked --bench instructions --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))/\1/p')
[ -x "$program" ] || { echo "cargo bench --bench instructions --no-run names no executable" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" make "$work"
export RAYON_NUM_THREADS=1 NO_COLOR=1

# COMMAND FOLDER: how many instructions that takes.
instructions() {
  # Findings are no failure; callgrind's last word is the count.
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$work/$2" 2>&1 >"$work/.out" |
    sed -n 's/.*Collected : //p'
}
bytes() { cat "$work/$1"/*.yaml | wc -c; }
peak() { "$program" lint "$work/$1" 2>&1 >"$work/.out" | tail -n 1; }

measure() {
  local command input base
  for command in read lint; do
    base=$(instructions "$command" empty)
    for input in dense real; do
      echo "$command-$input $((($(instructions "$command" "$input") - base) * 10 / $(bytes "$input")))"
    done
  done
  # less what lint took for the empty folder, as its last row
  echo "lint-missing $((($(instructions lint missing) - base) * 10 / $(bytes missing)))"
  echo "memory-one $((($(peak one) - $(peak empty)) * 10 / $(bytes one)))"
}

# The numbers are tenths.
measure > "$work/measured"
[ "$(wc -l < "$work/measured")" -eq 6 ] || { echo "not everything could be measured" >&2; exit 2; }
awk -v tolerance="$tolerance" '
    NR == FNR { if ($0 !~ /^#/) old[$1] = $2 * 10; next }
    {
        change = old[$1] ? sprintf("%+.1f %%", ($2 / old[$1] - 1) * 100) : "new"
        printf "%-12s %7.1f  %s\n", $1, $2 / 10, change
        if (old[$1] && $2 > old[$1] * (1 + tolerance / 100)) slower = 1
    }
    END { exit slower }' "$kept" "$work/measured" && status=0 || status=1

if [ "${1:-}" = --write ]; then
  {
    grep '^#' "$kept"
    awk '{ printf "%-12s %7.1f\n", $1, $2 / 10 }' "$work/measured"
  } > "$work/new"
  cp "$work/new" "$kept"
  exit 0
fi
[ "$status" -eq 0 ] || echo "a number is more than $tolerance % above the one in $kept: find out why, or --write it" >&2
exit "$status"
