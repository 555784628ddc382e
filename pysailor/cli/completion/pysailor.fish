# Completion of pysailor for fish. Load it now and in each new shell:
#   pysailor completion fish | source
#   pysailor completion fish > ~/.config/fish/completions/pysailor.fish
function __pysailor_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (printf '%s\n' $words[2..-1] "$current" | $words[1] completion fish --words 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c pysailor -f -a '(__pysailor_complete)'
