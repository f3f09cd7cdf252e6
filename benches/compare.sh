#!/usr/bin/env bash
# CPU time of `patterns lint` beside that of other programs over the same files in the same run.
#
#   benches/compare.sh FOLDER [ROUNDS]
#
# Prints a row for each program: the median of its CPU time and of its wall time, and what part of its CPU time patterns
# takes. Programs are taken from PATH, and what is not there is left out: kube-score, kube-linter and kubeconform
# (`go install …@latest` of github.com/zegl/kube-score/cmd/kube-score, golang.stackrox.io/kube-linter/cmd/kube-linter and
# github.com/yannh/kubeconform/cmd/kubeconform), yamllint (`pip install yamllint`), helm and kustomize. The last two judge
# nothing: they read the files as a chart's templates and as resources, and print them. kubeconform has a schema that
# takes everything, so it only reads. The rounds take turns, so that what else the machine does hits all of them.
#
# FOLDER holds plain manifests (*.yaml); files that kube-score cannot parse are left out for all. PATTERNS names another
# binary than that of `cargo build --release`.
set -euo pipefail

folder=${1:?usage: benches/compare.sh FOLDER [ROUNDS]}
rounds=${2:-9}
patterns=${PATTERNS:-}
if [ -z "$patterns" ]; then
    cargo build --release --quiet
    patterns=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/patterns
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/files"
number=0
while IFS= read -r -d '' file; do
    number=$((number + 1))
    cp "$file" "$work/files/$number.yaml"
done < <(find "$folder" -name '*.yaml' -type f -print0 | sort -z)
has() { command -v "$1" > "$work/where"; }
if has kube-score; then
    for file in "$work/files"/*.yaml; do
        # 1 means findings; a crash or a file that is not a manifest is another code, or says "Failed to"
        if kube-score score "$file" 2>&1 | grep -q 'Failed to\|panic:'; then rm "$file"; fi
    done
fi
files=("$work/files"/*.yaml)
echo "${#files[@]} of $number files, $(cat "${files[@]}" | wc -c) bytes, $rounds rounds"

echo '{}' > "$work/any.json"
mkdir -p "$work/chart" "$work/kustomization"
printf 'apiVersion: v2\nname: files\nversion: 0.1.0\n' > "$work/chart/Chart.yaml"
cp -r "$work/files" "$work/chart/templates"
cp "${files[@]}" "$work/kustomization"
(cd "$work/kustomization" && { echo 'resources:'; printf -- '- %s\n' *.yaml; } > "$work/resources")
mv "$work/resources" "$work/kustomization/kustomization.yaml"

command_of() {
    case $1 in
        patterns) echo "$patterns" lint --format json "$work/files" ;;
        kube-score) echo kube-score score --output-format json "${files[@]}" ;;
        kube-linter) echo kube-linter lint --format json "$work/files" ;;
        kubeconform) echo kubeconform -schema-location "$work/any.json" -output json "$work/files" ;;
        yamllint) echo yamllint -d relaxed -f parsable "$work/files" ;;
        helm) echo helm template "$work/chart" ;;
        kustomize) echo kustomize build "$work/kustomization" ;;
    esac
}

names=(patterns)
for name in kube-score kube-linter kubeconform yamllint helm kustomize; do
    if ! has "$name"; then
        echo "$name is not on PATH: left out" >&2
    # 1 means findings; those two find nothing, and refuse what is a template or twice there
    elif [[ $name == helm || $name == kustomize ]] && ! $(command_of "$name") > "$work/out" 2>&1; then
        echo "$name does not take these files: left out" >&2
    else
        names+=("$name")
    fi
done

TIMEFORMAT='%R %U %S'
for _ in $(seq "$rounds"); do
    for name in "${names[@]}"; do
        # shellcheck disable=SC2046 # no path here has spaces
        { time $(command_of "$name") > "$work/out" 2>&1 || true; } 2> "$work/time"
        echo "$name $(tail -n 1 "$work/time")" >> "$work/times"
    done
done

awk '
    { cpu[$1] = cpu[$1] " " ($3 + $4) * 1000; wall[$1] = wall[$1] " " $2 * 1000 }
    function median(times, t, n, i, j, swap) {
        n = split(times, t, " ")
        for (i = 2; i <= n; i++) for (j = i; j > 1 && t[j - 1] + 0 > t[j] + 0; j--) { swap = t[j]; t[j] = t[j - 1]; t[j - 1] = swap }
        return t[int((n + 1) / 2)]
    }
    END {
        printf "%-12s %10s %10s %8s\n", "", "CPU, ms", "wall, ms", "patterns"
        own = median(cpu["patterns"])
        split("patterns kube-score kube-linter kubeconform yamllint helm kustomize", order, " ")
        for (at = 1; at <= 7; at++) if (order[at] in cpu) {
            other = median(cpu[order[at]])
            printf "%-12s %10.0f %10.0f %8s\n", order[at], other, median(wall[order[at]]), other ? sprintf("%.2f", own / other) : "-"
        }
    }' "$work/times"
