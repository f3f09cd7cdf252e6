#!/usr/bin/env bash
# Wall time of `patterns lint` beside other linters over the same files in the same run, as ratios of medians.
#
#   benches/compare.sh FOLDER [ROUNDS]
#
# Takes kube-score and kube-linter from PATH (`go install github.com/zegl/kube-score/cmd/kube-score@latest`,
# `go install golang.stackrox.io/kube-linter/cmd/kube-linter@latest`) and leaves out what is not there. The rounds
# take turns, so that what else the machine does hits all of them. FOLDER holds plain manifests (*.yaml); the files
# that kube-score cannot parse are left out for all.
set -euo pipefail

folder=${1:?usage: benches/compare.sh FOLDER [ROUNDS]}
rounds=${2:-9}
cargo build --release --quiet
patterns=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/patterns

copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT
number=0
while IFS= read -r -d '' file; do
    number=$((number + 1))
    cp "$file" "$copies/$number.yaml"
done < <(find "$folder" -name '*.yaml' -type f -print0 | sort -z)
if command -v kube-score > "$copies/.where"; then
    for file in "$copies"/*.yaml; do
        # 1 means findings; a crash or a file that is not a manifest is another code, or says "Failed to"
        if kube-score score "$file" 2>&1 | grep -q 'Failed to\|panic:'; then rm "$file"; fi
    done
fi
echo "$(find "$copies" -name '*.yaml' | wc -l) of $number files"

# Prints milliseconds of wall time.
once() {
    local start end
    start=$(date +%s%N)
    "$@" > "$copies/.out" 2>&1 || true
    end=$(date +%s%N)
    echo $(((end - start) / 1000000 + 1))
}

: > "$copies/.times"
for _ in $(seq "$rounds"); do
    echo "patterns $(once "$patterns" lint --format json "$copies")" >> "$copies/.times"
    if command -v kube-score > "$copies/.where"; then
        echo "kube-score $(once kube-score score --output-format json "$copies"/*.yaml)" >> "$copies/.times"
    else
        echo "kube-score is not on PATH: left out" >&2
    fi
    if command -v kube-linter > "$copies/.where"; then
        echo "kube-linter $(once kube-linter lint --format json "$copies")" >> "$copies/.times"
    else
        echo "kube-linter is not on PATH: left out" >&2
    fi
done

sort -k1,1 -k2,2n "$copies/.times" | awk '
    { times[$1] = times[$1] " " $2 }
    END {
        for (name in times) { n = split(times[name], t, " "); median[name] = t[int((n + 1) / 2)] }
        for (name in median) if (name != "patterns")
            printf "patterns / %s: %.2f (at most 0.33)\n", name, median["patterns"] / median[name]
    }'
