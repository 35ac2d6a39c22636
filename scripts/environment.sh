# Sourced by the other scripts: where things are. Sets root, cache, and what CMake needs to find the dependencies offline.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${CATCHER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/catcher}
export CATCHER_DEPS_DIR=${CATCHER_DEPS_DIR:-$cache/deps}

# The release that Wine and the dependencies' sources are taken from, whatever the machine itself runs.
archive_suite=trixie

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# The Debian archive that this machine's apt is set up with.
debian_archive() {
  local targets=(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main') uri
  uri=$({ "${targets[@]}" 'Label: Debian'; "${targets[@]}" | grep -E '/debian/?$'; } | head -n 1)
  [ -n "$uri" ] || fail "apt on this machine knows no Debian archive (apt-get indextargets)"
  echo "$uri"
}

# Makes DIRECTORY a private apt that sees only SUITE for ARCHITECTURE: nothing of it touches the system's apt. KIND is deb or deb-src.
private_apt_init() {
  local directory=$1 kind=$2 architecture=$3 archive
  archive=$(debian_archive) || exit 1
  mkdir -p "$directory"/{lists,cache}/partial
  : >"$directory/status"
  printf '%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=%s] %s %s main\n' \
    "$kind" "$architecture" "$archive" "$archive_suite" >"$directory/sources.list"
  echo "$architecture" >"$directory/architecture"
  private_apt "$directory" update
}

# Runs apt-get with the private apt in DIRECTORY.
private_apt() {
  local directory=$1 architecture
  shift
  architecture=$(cat "$directory/architecture")
  apt-get -qq -o Dir::Etc::sourcelist="$directory/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$directory/lists" -o Dir::State::status="$directory/status" \
    -o Dir::Cache="$directory/cache" -o Dir::Cache::archives="$directory/cache" \
    -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" -o APT::Sandbox::User= \
    -o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=1 "$@"
}

# Configures the build directory of a preset, with the dependencies' sources that scripts/setup fetched. More arguments go to cmake.
configure() {
  local preset=$1
  shift
  cmake --preset "$preset" --log-level=WARNING -DCATCHER_DEPS_DIR="$CATCHER_DEPS_DIR" "$@"
}
