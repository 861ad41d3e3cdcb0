# Reads tap's TAP output of whole test files (`--reporter=tap`).
#
#   -v show=files     the files that failed, one a line
#   -v show=counts    `passed failed` of assertions, counted as tap counts them: a subtest's own line is none of them
#   -v show=failures  each failed assertion: file, subtests, its name, its diagnostics without the source; at most `lines` lines (150) and
#                     `octets` octets (8000), 40 lines each
#
# With -v file=FILE only that file's.

BEGIN {
  if (!lines) lines = 150
  if (!octets) octets = 8000
  above = 0 # depth of the last point: a point that follows a deeper one closes a subtest
}

function say(text) {
  if (show != "failures" || lines <= 0 || octets <= 0) return
  text = substr(text, 1, 200)
  print text
  lines--
  octets -= length(text) + 1
}

function path(depth,    n, text) {
  text = current
  for (n = 1; n < depth; n++) if (n in subtest) text = text " > " subtest[n]
  return text
}

{
  match($0, /^ */)
  depth = RLENGTH / 4
  text = substr($0, RLENGTH + 1)
}

# A point's diagnostics: from `---` to `...`, indented by two octets more than the point.
diagnosing && text == "..." && RLENGTH == indent { diagnosing = 0; next }
diagnosing {
  if (RLENGTH == indent && text != "") inSource = text ~ /^source:/
  if (telling && !inSource && text != "" && told++ < 40) say("    " substr($0, indent + 1))
  next
}
text == "---" && pointed { diagnosing = 1; indent = RLENGTH; inSource = 0; told = 0; next }

text ~ /^# Subtest: / {
  name = substr(text, 12)
  if (depth == 0) { current = name; leaves = 0 }
  else subtest[depth] = name
  pointed = 0
  next
}

text ~ /^(not )?ok [0-9]+/ && depth == int(depth) {
  pointed = 1
  telling = 0
  isLeaf = above <= depth
  above = depth
  if (depth == 0 && text ~ / - dist\//) {
    current = text
    sub(/^.* - dist\//, "dist/", current)
    sub(/ # .*$/, "", current)
  }
  if (file != "" && current != file) next
  failedHere = text ~ /^not / && text !~ /# (SKIP|TODO)/
  if (failedHere && depth == 0 && show == "files") print current
  if (isLeaf && failedHere) failed++
  else if (isLeaf && text !~ /# (SKIP|TODO)/) passed++
  if (isLeaf && failedHere) leaves++
  # A file can fail with no assertion of its own: it timed out, or ended with an exit code.
  if (failedHere && (isLeaf || (depth == 0 && leaves == 0))) {
    telling = 1
    if (depth == 0) say(current)
    else { sub(/^not ok [0-9]+( - )?/, "", text); say(path(depth) ": " text) }
  }
  next
}
{ if (text != "") pointed = 0 }

END { if (show == "counts") print passed + 0, failed + 0 }
