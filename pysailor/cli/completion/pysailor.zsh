#compdef pysailor
# Completion of pysailor for zsh. Load it now, or in each new shell, after compinit:
#   source <(pysailor completion zsh)
#   pysailor completion zsh > "${fpath[1]}/_pysailor"
_pysailor() {
    local line
    local -a words_found lines_found open_found
    while IFS= read -r line; do
        local name=${line%%$'\t'*} about=${line#*$'\t'}
        if [[ $name == *= ]]; then
            open_found+=("$name")
        elif [[ -n $name ]]; then
            words_found+=("$name")
            lines_found+=("${name}  ${about}")
        fi
    done < <(printf '%s\n' "${(@)words[2,CURRENT]}" | "${words[1]}" completion zsh --words 2>/dev/null)
    if (( ${#words_found} + ${#open_found} == 0 )); then
        _files
        return
    fi
    (( ${#words_found} )) && compadd -l -d lines_found -a words_found
    (( ${#open_found} )) && compadd -S '' -a open_found
    return 0
}
if [[ ${funcstack[1]-} == _pysailor ]]; then
    _pysailor "$@"
else
    compdef _pysailor pysailor
fi
