# shellcheck shell=bash
# How the installation speaks: what it does on stdout, what is wrong on stderr in one line that ends with the remedy.

say() {
  printf '%s\n' "$*"
}

complain() {
  printf '%s\n' "$*" >&2
}
