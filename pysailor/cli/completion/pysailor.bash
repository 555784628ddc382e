# Completion of pysailor for bash. Load it now and in each new shell:
#   source <(pysailor completion bash)
#   pysailor completion bash > ~/.local/share/bash-completion/completions/pysailor
_pysailor() {
    local found
    COMPREPLY=()
    while IFS=$'\t' read -r found _; do
        [[ -n $found ]] && COMPREPLY+=("$found")
    done < <(printf '%s\n' "${COMP_WORDS[@]:1:COMP_CWORD}" | "${COMP_WORDS[0]}" completion bash --words 2>/dev/null)
    if [[ ${COMPREPLY[0]-} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _pysailor pysailor
