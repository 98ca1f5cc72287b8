"""The states in which the review of an import is drawn."""

from tests.tui.drawing import Stage, drawn
from tui.importing.imported import imported
from tui.importing.review.reviewing import Review
from tui.screens.review.screen import ReviewScreen

PAGE = """# Restart the shop

## Restart

Look at the load first.

1. Stop the workers: `sudo systemctl stop shop-workers`
2. If it hangs, restart it with `docker restart shop`.
3. The new cache goes into /etc/shop/shop.conf.
4. Start the workers: `sudo systemctl start shop-workers`
5. Never run `rm -rf /srv/shop`.

## Rollback

```bash
sudo cp /etc/shop/shop.conf.old /etc/shop/shop.conf
```
"""


class KeptText:
    """A runbook's file in memory."""

    def __init__(self, text: str) -> None:
        self.text = text

    def keep(self, text: str) -> None:
        self.text = text


def review_of(page: str = PAGE) -> tuple[Review, KeptText]:
    """A review of a page, and the file that it keeps its decisions in."""
    file = KeptText(imported(page, "restart.md").text)
    return Review("runbook.toml", page.split("\n"), file.keep, lambda: file.text), file


@drawn
async def review(stage: Stage) -> None:
    stage.app.push_screen(ReviewScreen(review_of()[0]))
    await stage.says("The document")


@drawn
async def review_decided(stage: Stage) -> None:
    await review(stage)
    await stage.pilot.press("m")
    await stage.says("a person does it")


@drawn
async def review_done(stage: Stage) -> None:
    await review(stage)
    while stage.app.screen.review.left:
        await stage.pilot.press("k")
    await stage.says("every passage was looked at")
