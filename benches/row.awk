# One row of the table from the values of one case: lines of "library value", a value being a number or a word.
# Variables: name, bytes, unit, goal, and the ABI whose row it is: 2 or 4.

function sort (list, n,    i, j, v) {
    for (i = 2; i <= n; i++) {
        v = list[i]
        for (j = i - 1; j >= 1 && list[j] > v; j--)
            list[j + 1] = list[j]
        list[j + 1] = v
    }
}

function show (v) {
    if (unit == "us")
        return sprintf (v < 1 ? "%.2f us" : "%.1f us", v)
    if (unit == "us/s")
        return sprintf ("%.0f us/s", v)
    if (unit == "B")
        return v < 1000 ? sprintf ("%.0f B", v) : sprintf ("%.1f kB", v / 1000)
    if (unit == "ns")
        return v < 1e4 ? sprintf ("%.0f ns", v) : sprintf ("%.1f us", v / 1e3)
    if (unit == "ms" || unit == "instr")
        return sprintf ("%.0f", v) (unit == "ms" ? " ms" : "")
    if (unit == "Gb/s")
        return sprintf (v < 10 ? "%.2f Gb/s" : "%.1f Gb/s", v)
    if (v >= 1e6)
        return sprintf (v < 1e7 ? "%.2f M/s" : "%.1f M/s", v / 1e6)
    return sprintf ("%.1f k/s", v / 1e3)
}

# Gives the median of a library's numbers, or "" when most of its runs gave a word instead; sets text and spread.
function summarize (library,    list, n, i, m) {
    n = count[library]
    text[library] = "-"
    spread[library] = "-"
    if (n + words[library] == 0)
        return ""
    if (n <= words[library]) {
        text[library] = word[library]
        return ""
    }
    for (i = 1; i <= n; i++)
        list[i] = number[library, i]
    sort(list, n)
    m = n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    text[library] = show(m) (words[library] > 0 ? " (" words[library] " " word[library] ")" : "")
    spread[library] = show(list[1]) " .. " show(list[n])
    return m
}

function better (a, b) { # how many times better a is than b
    if (a == "" || b == "" || a + 0 <= 0 || b + 0 <= 0)
        return ""
    return lower ? b / a : a / b
}

function reached (ours, ratio) {
    if (goal == "-" || count[oxmq] + words[oxmq] == 0)
        return "-"
    if (ours == "" || words[oxmq] > 0)
        return "no"
    if (goal == "works")
        return "yes"
    if (goal ~ /^max/)
        return ours + 0 <= substr(goal, 4) + 0 ? "yes" : "no"
    if (ratio == "")
        return "-"
    return ratio + 0 >= substr(goal, 2) + 0 ? "yes" : "no"
}

function goal_text () {
    if (goal ~ /^x/)
        return substr(goal, 2) " x"
    if (goal ~ /^max/)
        return "at most " show(substr(goal, 4) + 0)
    return goal
}

{
    if ($2 ~ /^-?[0-9.]+$/)
        number[$1, ++count[$1]] = $2 + 0
    else {
        words[$1]++
        word[$1] = $2
    }
}

END {
    lower = unit == "us" || unit == "us/s" || unit == "ns" || unit == "B" || unit == "ms" || unit == "instr"
    oxmq = "oxmq" abi
    theirs = summarize("libzmq5")
    ours = summarize(oxmq)
    kernel = summarize("limit")
    ratio = better(ours, theirs)
    share = better(ours, kernel)
    printf "| %-25s | %7s | %3s | %-12s | %-12s | %6s | %-15s | %-7s | %-24s | %-24s | %-10s | %5s |\n", name, bytes,
        abi ".x", text["libzmq5"], text[oxmq], ratio == "" ? "-" : sprintf("%.2f", ratio), goal_text(),
        reached(ours, ratio), spread["libzmq5"], spread[oxmq], text["limit"],
        share == "" ? "-" : sprintf("%.0f%%", 100 * share)
}
