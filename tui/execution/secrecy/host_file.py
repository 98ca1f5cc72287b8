"""Reads the KEY=value file of an application on its host: parsed there as python-dotenv does, and never executed.

A shell that sources such a file runs what it says: `pa$word` becomes `pa`, what follows `&` is a command, and the
shell quotes the line it cannot read, the secret in it included. Only POSIX sh and awk are needed.
"""

from collections.abc import Iterable

CANNOT_READ = 78
"""The exit status where the file cannot be read: none that a command of a runbook expects (EX_CONFIG)."""

_AWK = r"""
function take(re) {
  if (!match(t, "^(" re ")")) return 0
  m = substr(t, 1, RLENGTH); t = substr(t, RLENGTH + 1); return 1
}
function quoted(c, known, real,  i, k, p, n, out) {
  n = length(t); out = ""
  for (i = 2; i <= n; i++) {
    k = substr(t, i, 1)
    if (k == c) { t = substr(t, i + 1); value = out; return 1 }
    if (k == "\\") {
      k = substr(t, ++i, 1); p = k == "" ? 0 : index(known, k)
      k = p ? substr(real, p, 1) : "\\" k
    }
    out = out k
  }
  return 0
}
function unquoted() {
  take("[^\n]*"); value = m
  if (match(value, S "+#")) value = substr(value, 1, RSTART - 1)
  sub(S "+$", "", value)
}
function binding(  key, has, c) {
  take("export" S "+"); has = 0; value = ""; c = substr(t, 1, 1)
  if (c == "#") key = "#"
  else if (c == q) { if (!take(q "[^" q "]+" q)) return 0; key = substr(m, 2, length(m) - 2) }
  else {
    match(t, "[=#\n]|" S)
    if (RSTART < 2) return 0
    key = substr(t, 1, RSTART - 1); t = substr(t, RSTART)
  }
  take(S "*")
  if (take("=" S "*")) {
    has = 1; k = length(m) > 1; c = substr(t, 1, 1)
    if (c == "\n" || (k && c == "#")) value = ""
    else if (c == q) { if (!quoted(q, "\\" q, "\\" q)) return 0 }
    else if (c == "\"") { if (!quoted(c, "\\\"abfnrtv" q, "\\\"\007\010\014\012\015\011\013" q)) return 0 }
    else unquoted()
  }
  take(S "*#[^\n]*")
  if (!take(S "*\n")) return 0
  value = has ? resolved(value) : ""  # not in the assignment: some awks have its left side there before its right one
  if (key != "#") { there[key] = has; v[key] = value }
  return 1
}
function resolved(s,  out, name, other, i) {
  out = ""
  while (match(s, "[$][{][^}:]*(:-[^}]*)?[}]")) {
    name = substr(s, RSTART + 2, RLENGTH - 3); other = ""
    out = out substr(s, 1, RSTART - 1); s = substr(s, RSTART + RLENGTH)
    if (i = index(name, ":-")) { other = substr(name, i + 2); name = substr(name, 1, i - 1) }
    out = out ((name in ENVIRON) ? ENVIRON[name] : (name in v) ? v[name] : other)
  }
  return out s
}
{ sub(/\r$/, ""); gsub(/\r/, "\n"); t = t $0 "\n" }
END {
  q = sprintf("%c", 39); sub(/^\357\273\277/, "", t)
  S = "([ \011\013\014\034-\037]|\302[\205\240]|\341\232\200|\342\200[\200-\212\250\251\257]|\342\201\237|\343\200\200)"
  while (take("(\n|" S ")*") && t != "") if (!binding()) take("[^\n]*\n")
  n = split(names, wanted, " ")
  for (i = 1; i <= n; i++) {
    key = wanted[i]; s = v[key]; out = ""
    print "unset " key
    if (!there[key]) continue
    while (p = index(s, q)) { out = out substr(s, 1, p - 1) q "\\" q q; s = substr(s, p + 1) }
    print key "=" q out s q
  }
}
"""


def variables(file: str, names: Iterable[str]) -> str:
    """Shell lines that set variables of that shell to what the file says; one that it does not set is unset.

    Each is unset first: a variable that the host had exported would stay so, and would be passed to every program
    started.

    Nothing is printed but that the file cannot be read, and then the shell ends with CANNOT_READ. The shell is given
    assignments in single quotes, of these names only: whatever a value is, it is text.

    Args:
        file: its path, as a word of the shell, quoted.
        names: of variables, as a shell knows them.
    """
    import shlex

    return (
        f"from_file=$(LC_ALL=C awk -v names={shlex.quote(' '.join(names))} '{_AWK.strip()}' <{file}) "
        f'|| {{ echo "the environment file cannot be read" >&2; exit {CANNOT_READ}; }}\n'
        'eval "$from_file"; unset from_file'
    )
