# shellcheck shell=bash
# Node, git and the packages of package-lock.json. Needs say.sh and the variable `root`, the folder of the repository.
: "${root:?}"

# Node 20.19 is the first 20.x in which require() of an ES module works without a flag; Vite and Vitest rely on it.
readonly NODE_MAJOR_MIN=20
readonly NODE_MINOR_MIN=19

# Succeeds when Node is new enough and git and npm are there.
require_node_and_git() {
  local version major minor
  version=$(node --version 2>/dev/null) || version=
  if [[ ! $version =~ ^v([0-9]+)\.([0-9]+)\. ]]; then
    complain "Node.js is missing: install Node $NODE_MAJOR_MIN.$NODE_MINOR_MIN or newer (https://nodejs.org), then run this again."
    return 1
  fi
  major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  if ((major < NODE_MAJOR_MIN || (major == NODE_MAJOR_MIN && minor < NODE_MINOR_MIN))); then
    complain "Node.js $version is too old: install Node $NODE_MAJOR_MIN.$NODE_MINOR_MIN or newer (https://nodejs.org), then run this again."
    return 1
  fi
  if ! command -v npm >/dev/null; then
    complain "npm is missing beside Node.js $version: install it (Debian, Ubuntu: apt-get install npm), then run this again."
    return 1
  fi
  if ! command -v git >/dev/null; then
    complain "git is missing: install it (Debian, Ubuntu: apt-get install git), then run this again."
    return 1
  fi
}

# Brings node_modules to what the lockfile says. npm writes node_modules/.package-lock.json last, so a lockfile newer
# than that, or none, means that something changed or an installation broke off. CI trusts no leftovers.
install_node_modules() {
  local installed=$root/node_modules/.package-lock.json
  if [[ -z ${CI:-} && -e $installed && ! $root/package-lock.json -nt $installed ]]; then
    return 0
  fi
  say "Installing the packages of package-lock.json (npm ci)."
  if ! (cd "$root" && npm ci --no-progress --loglevel=error </dev/null); then
    complain "npm ci failed: mend what it says above (is the package registry reachable?), then run this again."
    return 1
  fi
}

# Compiles the sources, so that commands start sooner. Without it they run from source, so a failure stops nothing.
build_program() {
  if ! (cd "$root" && npm run --silent build </dev/null >/dev/null 2>&1); then
    say "The sources could not be compiled (npm run build says why); commands run from source."
  fi
}
