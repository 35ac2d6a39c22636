# A headless Chromium for tests of pages, over WebDriver (https://www.w3.org/TR/webdriver2/). To be sourced. Needs chromium,
# chromedriver, curl and jq; exits with 77 (CTest: skipped) where one is missing.
for program in chromium chromedriver curl jq; do
  if ! command -v "$program" >/dev/null; then
    echo "SKIPPED: no $program on this machine, so no page was looked at (scripts/setup --checks installs it)"
    exit 77
  fi
done

browser_failed=0
browser_profile=$(mktemp -d)
browser_url=
browser_pid=

# Its own port: the driver says which one it was given.
start_browser() {
  : >"$browser_profile/driver.log"
  chromedriver --port=0 >>"$browser_profile/driver.log" 2>&1 &
  browser_pid=$!
  local port=
  for _ in $(seq 300); do
    port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$browser_profile/driver.log")
    [ -n "$port" ] && break
    sleep 0.1
  done
  [ -n "$port" ] || { cat "$browser_profile/driver.log"; echo "chromedriver did not start"; exit 1; }
  local capabilities
  capabilities=$(jq -n --arg profile "$browser_profile/profile" '{capabilities: {alwaysMatch: {"goog:loggingPrefs": {browser: "ALL"},
    "goog:chromeOptions": {args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--window-size=1200,1000", "--user-data-dir=\($profile)"]}}}}')
  local answer
  answer=$(curl -s -m 120 "http://127.0.0.1:$port/session" -d "$capabilities")
  local session
  session=$(jq -r '.value.sessionId // empty' <<<"$answer")
  [ -n "$session" ] || { echo "no session: $answer"; exit 1; }
  browser_url="http://127.0.0.1:$port/session/$session"
}

stop_browser() {
  [ -z "$browser_url" ] || curl -s -m 30 -X DELETE "$browser_url" >/dev/null
  [ -z "$browser_pid" ] || kill "$browser_pid" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$browser_profile"
}
trap stop_browser EXIT

open_page() { # FILE
  page=$1
  curl -s -m 120 "$browser_url/url" -d "$(jq -n --arg url "file://$1" '{url: $url}')" >/dev/null
}

# What a JavaScript expression is in the page, as JSON.
value_of() { # EXPRESSION
  curl -s -m 120 "$browser_url/execute/sync" -d "$(jq -n --arg script "return ($1)" '{script: $script, args: []}')" | jq -c '.value'
}

expect() { # EXPRESSION
  local value
  value=$(value_of "$1")
  if [ "$value" != true ]; then
    echo "FAILED: $(basename "$page"): $1: $value"
    browser_failed=1
  fi
}

# What the page says to the console: violations of its own policy, requests that failed, errors of its script.
expect_quiet_console() {
  local entries
  entries=$(curl -s -m 60 "$browser_url/se/log" -d '{"type": "browser"}' | jq -c '.value')
  if [ "$entries" != "[]" ]; then
    echo "FAILED: $(basename "$page"): the console says $entries"
    browser_failed=1
  fi
}

set_scheme() { # light|dark
  curl -s -m 60 "$browser_url/goog/cdp/execute" -d "$(jq -n --arg scheme "$1" '{cmd: "Emulation.setEmulatedMedia",
    params: {features: [{name: "prefers-color-scheme", value: $scheme}]}}')" >/dev/null
}

set_width() { # PIXELS
  curl -s -m 60 "$browser_url/goog/cdp/execute" -d "$(jq -n --argjson width "$1" '{cmd: "Emulation.setDeviceMetricsOverride",
    params: {width: $width, height: 1000, deviceScaleFactor: 1, mobile: false}}')" >/dev/null
}

# For a person to look at; and a page that shows nothing compresses to next to nothing.
take_picture() { # FILE.png
  curl -s -m 120 "$browser_url/screenshot" | jq -r '.value' | base64 -d >"$1"
  if [ "$(stat -c %s "$1")" -lt 8000 ]; then
    echo "FAILED: $(basename "$page"): the picture $1 is as good as empty"
    browser_failed=1
  fi
}

# What holds for every page of catcher, in light and in dark, wide and narrow. PICTURES: where the pictures go.
expect_good_page() { # FILE PICTURES
  open_page "$1"
  expect 'document.querySelector("main h1").innerText.length > 0'
  expect 'performance.getEntriesByType("resource").length === 0'
  # Text that can be read: WCAG 2's contrast of 4.5 against what is behind it.
  local contrast='(() => { const light = c => { const v = c.match(/[\d.]+/g).slice(0, 3).map(x => x / 255)
      .map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
    const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
      if (!/, 0\)$/.test(c)) return c; } return "rgb(255, 255, 255)"; };
    const bad = [...document.querySelectorAll("main *")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
      .filter(e => !e.closest("svg") && e.getClientRects().length > 0).filter(e => { const a = light(getComputedStyle(e).color), b = light(behind(e));
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; });
    return bad.length === 0 || bad[0].outerHTML.slice(0, 200); })()'
  for scheme in light dark; do
    set_scheme "$scheme"
    expect "$contrast"
    for width in 1200 420; do
      set_width "$width"
      expect 'document.documentElement.scrollWidth <= document.documentElement.clientWidth'
      take_picture "$2/$(basename "$1" .html).$scheme.$width.png"
    done
  done
  set_scheme light
  set_width 1200
  expect_quiet_console
}
