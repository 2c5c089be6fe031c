#!/usr/bin/env python3
"""Logs in with a real browser: the example prints a page, Chromium opens it, a person's clicks are made.

Usage: browser_login.py EXAMPLE [FOLDER-FOR-SCREENSHOTS]

Speaks WebDriver to chromedriver with the standard library only. Ends with code 0 when both logins went as they should:
one that is allowed and one that is denied.
"""

import base64
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=900,600",
]
PATIENCE = 60


class Browser:
    """One window of Chromium, with a profile of its own."""

    def __init__(self, profile):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        port = next(found for found in (re.search(r"successfully on port (\d+)", line) for line in self.driver.stdout) if found)
        self.base = f"http://127.0.0.1:{port.group(1)}/session"
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        session = self.call("", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        self.base += "/" + session["sessionId"]

    def call(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"content-type": "application/json"}, method=method)
        # Without the environment's proxy: chromedriver is on this machine.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def find(self, selector):
        found = self.call("/element", {"using": "css selector", "value": selector})
        return "/element/" + next(iter(found.values()))

    def text(self):
        """What the page shows now; nothing while one page gives way to the next."""
        script = "return document.body ? document.body.innerText : ''"
        try:
            return self.call("/execute/sync", {"script": script, "args": []})
        except urllib.error.HTTPError:
            return ""

    def text_with(self, part):
        """The page's text, once this is in it."""
        end = time.monotonic() + PATIENCE
        while part not in (text := self.text()):
            if time.monotonic() > end:
                sys.exit(f"the page does not say `{part}`: {text}")
            time.sleep(0.05)
        return text

    def shoot(self, path):
        path.write_bytes(base64.b64decode(self.call("/screenshot")))

    def close(self):
        try:
            self.call("", method="DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait()


def log_in(browser, example, button, shots):
    """Runs the example, presses that button on its page; what both then say, and the example's code."""
    with subprocess.Popen([example, "--wait"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        try:
            page = next(line.split()[1] for line in program.stdout if line.startswith("page "))
            browser.call("/url", {"url": page})
            asked = browser.text_with("Allow access?")
            assert "api" in asked and "refresh_token" in asked, asked
            if shots:
                browser.shoot(shots / "consent.png")
            browser.call(browser.find(f"button[value={button}]") + "/click", {})
            shown = browser.text_with("You can close this window")
            assert browser.call("/url").startswith("http://localhost:")
            if shots:
                browser.shoot(shots / f"{button}.png")
            said = program.stdout.read()
        finally:
            program.kill()
    return shown, said, program.returncode


def main():
    example, shots = sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            shown, said, code = log_in(browser, example, "allow", shots)
            print(said, end="")
            assert "You are logged in" in shown, shown
            assert code == 0 and re.search(r"^authorize: .*: ok$", said.splitlines()[-1]), said
            shown, said, code = log_in(browser, example, "deny", shots)
            print(said, end="")
            assert "not completed" in shown, shown
            assert code == 1 and "access_denied" in said, said
        finally:
            browser.close()
    print("a browser was let in, and one that was not: ok")


if __name__ == "__main__":
    main()
