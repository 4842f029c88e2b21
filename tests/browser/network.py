"""A network that a test holds in its hand."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Route


class Held:
    """What a page sends to such an address is on its way until it is let go, the oldest first."""

    def __init__(self, page: Page, address: Any) -> None:
        self.page, self.address = page, address
        self.routes: list[Route] = []
        page.route(address, self._keep)

    # A function of our own: Playwright marks what it is given, which a builtin does not allow.
    def _keep(self, route: Route) -> None:
        self.routes.append(route)

    def wait(self, count: int = 1) -> None:
        """Until so many are on their way."""
        for _ in range(400):
            if len(self.routes) >= count:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{len(self.routes)} requests of {count} are on their way to {self.address}")

    def let_go(self) -> None:
        """The oldest arrives; its answer is there when this returns."""
        self.wait()
        with self.page.expect_response(self.address):
            self.routes.pop(0).continue_()

    def lose(self) -> None:
        """The oldest never arrives."""
        self.wait()
        self.routes.pop(0).abort()

    def stop(self) -> None:
        """All that is on its way arrives, and what is sent from now on is not held."""
        while self.routes:
            self.routes.pop(0).continue_()
        self.page.unroute(self.address)
