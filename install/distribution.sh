# shellcheck shell=bash
# The distribution's packages. Needs say.sh and the variable `root`, the folder of the repository.
#
# Everything that needs a privilege is in install/apt-as-root; here is only asked and decided. Nothing is installed
# before its name was printed, and nothing is installed that is there already.
: "${root:?}"

# Returned by install_distribution_packages when packages are missing that it may not or cannot install: callers that
# can do without the lab go on.
readonly NOT_PERMITTED=3

# Prints "alternatives command" for every package of the list.
list_packages() {
  local alternatives command _
  while read -r alternatives command _; do
    if [[ -n $alternatives && $alternatives != \#* ]]; then
      printf '%s %s\n' "$alternatives" "$command"
    fi
  done <"$root/install/packages.list"
}

# Prints the alternatives of every package that is not installed. Without dpkg the commands are looked for.
list_missing() {
  local alternatives command name
  while read -r alternatives command; do
    if ! command -v dpkg-query >/dev/null; then
      [[ $command == - ]] || command -v "$command" >/dev/null || printf '%s\n' "$alternatives"
      continue
    fi
    for name in ${alternatives//,/ }; do
      if [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]]; then
        continue 2
      fi
    done
    printf '%s\n' "$alternatives"
  done < <(list_packages)
}

# Prints the first of every entry's alternatives, on one line: the names to show to a person.
first_names() {
  local entry names=()
  for entry in "$@"; do
    names+=("${entry%%,*}")
  done
  printf '%s' "${names[*]}"
}

# Installs what is missing. 0: everything is there now; 1: an attempt failed; NOT_PERMITTED: no attempt was possible.
install_distribution_packages() {
  local missing as_root=()
  mapfile -t missing < <(list_missing)
  if ((${#missing[@]} == 0)); then
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    complain "Missing, and this distribution has no apt-get: install your distribution's equivalents of: $(first_names "${missing[@]}")"
    return $NOT_PERMITTED
  fi
  if (($(id -u) != 0)); then
    if ! sudo -n true 2>/dev/null; then
      complain "Missing, and this is neither root nor passwordless sudo: sudo $root/install/apt-as-root ${missing[*]}"
      return $NOT_PERMITTED
    fi
    as_root=(sudo -n)
  fi
  if ! "${as_root[@]}" "$root/install/apt-as-root" "${missing[@]}"; then
    return 1
  fi
}

# Prints why the lab cannot run here, or nothing when it can.
lab_obstacle() {
  local command absent=()
  if (($(id -u) != 0)); then
    printf 'it needs root: namespaces, mounts and hypervisors (sudo %s)' "$root/test lab"
    return
  fi
  while read -r _ command; do
    [[ $command == - ]] || command -v "$command" >/dev/null || absent+=("$command")
  done < <(list_packages)
  if ((${#absent[@]} > 0)); then
    printf 'these commands are missing: %s' "${absent[*]}"
  fi
}
